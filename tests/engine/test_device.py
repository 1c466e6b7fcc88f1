import pytest
import torch

from ptnotes.engine.device import environment, pick_device, prepare, seed_streams
from ptnotes.engine.runtime import light_environment
from ptnotes.errors import DeviceError


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(DeviceError, match="cuda:99"):
        pick_device("cuda:99")


def test_threads():
    prepare(device="cpu", threads=1)
    assert torch.get_num_threads() == 1
    prepare(device="cpu")
    assert torch.get_num_threads() == 1


def test_streams_are_seeded_and_no_two_are_alike():
    def draws(seed):
        streams = seed_streams(seed)
        return [torch.rand(4).tolist(), *(torch.rand(4, generator=g).tolist() for g in streams)]

    assert draws(5) == draws(5)
    found = [tuple(numbers) for seed in range(20) for numbers in draws(seed)]
    assert len(set(found)) == len(found)


def test_light_environment_has_the_same_names():
    assert light_environment().keys() == environment(torch.device("cpu")).keys()

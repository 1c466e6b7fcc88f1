from functools import cache

import pytest
import torch

from ptnotes.engine import device
from ptnotes.engine.device import (
    environment,
    global_random_states,
    pick_device,
    prepare,
    seed_streams,
    seed_weights,
    set_global_random_states,
)
from ptnotes.engine.runtime import light_environment
from ptnotes.errors import DeviceError, PtnotesWarning


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


def test_more_threads_than_cores(monkeypatch):
    """They would wait for each other, and change no result. Said once for any number of runs."""
    monkeypatch.setattr(device, "usable_cores", lambda: 2)
    with pytest.warns(PtnotesWarning, match=r"91.* 2 ") as found:
        for _ in range(3):
            prepare(device="cpu", threads=91)
    assert len(found) == 1
    assert torch.get_num_threads() == 2
    prepare(device="cpu", threads=2)  # without a warning, which would be an error


@pytest.fixture
def mps(monkeypatch):
    """A machine that says it has MPS, with a generator of MPS that can be looked into."""
    state = torch.zeros(16, dtype=torch.uint8)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", cache(lambda: True))
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: state.clone())
    monkeypatch.setattr(torch.mps, "set_rng_state", state.copy_)
    return state


def test_device_that_a_topic_can_not_use(mps):
    assert pick_device("auto").type == pick_device("mps").type == "mps"
    assert pick_device("auto", unsupported=("mps",)).type == "cpu"
    with pytest.raises(DeviceError, match="--device cpu"):
        pick_device("mps", unsupported=("mps",))


def test_random_state_of_mps(mps):
    """It is saved where MPS is used, and put back where there is such a state."""
    assert global_random_states(torch.device("cpu"))["mps"] is None
    saved = global_random_states(torch.device("mps"))
    mps += 1
    set_global_random_states(saved)
    assert not mps.any()
    mps += 1
    set_global_random_states(global_random_states(torch.device("cpu")))
    set_global_random_states({"torch": torch.get_rng_state(), "cuda": []})  # of an older version
    assert mps.all()


def test_random_states_of_other_gpus(monkeypatch):
    """A run saved where there were two GPUs goes on where there is one, or none."""
    states = {"torch": torch.get_rng_state(), "cuda": [torch.zeros(16), torch.ones(16)]}
    put_back = []
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda state, gpu: put_back.append(gpu))
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    for gpus in (0, 1, 3):
        monkeypatch.setattr(torch.cuda, "device_count", lambda gpus=gpus: gpus)
        set_global_random_states(states)
    assert put_back == [0, 0, 1]


def test_streams_are_seeded_and_no_two_are_alike():
    def draws(seed):
        with seed_weights(seed):
            weights = torch.rand(4).tolist()
        return [weights, *(torch.rand(4, generator=g).tolist() for g in seed_streams(seed))]

    assert draws(5) == draws(5)
    found = [tuple(numbers) for seed in range(20) for numbers in draws(seed)]
    assert len(set(found)) == len(found)


def test_light_environment_has_the_same_names():
    of_torch = {"cpu_capability"}
    assert light_environment().keys() | of_torch == environment(torch.device("cpu")).keys()

import random

import numpy as np
import pytest
import torch

from ptnotes.engine.device import pick_device, prepare
from ptnotes.errors import DeviceError


def test_devices():
    assert pick_device("cpu") == torch.device("cpu")
    assert pick_device("auto").type in ("cpu", "cuda", "mps")
    with pytest.raises(DeviceError, match="cuda:99"):
        pick_device("cuda:99")


def test_prepare_seeds_every_source():
    def draws():
        prepare(seed=5, device="cpu", threads=1)
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert draws() == draws()
    assert torch.get_num_threads() == 1

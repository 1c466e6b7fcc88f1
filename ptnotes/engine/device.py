"""Device, seeds, threads: what a result depends on besides its configuration."""

import platform
import random
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from ptnotes.errors import DeviceError


def pick_device(name: str) -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU; anything else is taken at its word.

    Raises DeviceError if this machine does not have it.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    count = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[device.type]
    if (device.index or 0) >= count:
        raise DeviceError(f"there is no device '{name}' here; leave --device out to pick one")
    return device


def prepare(*, seed: int, device: str, threads: int | None) -> torch.device:
    """Seed every source of randomness, set the number of CPU threads, pick the device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # every device's generator too
    if threads is not None:
        torch.set_num_threads(threads)
    return pick_device(device)


def environment(device: torch.device) -> dict[str, Any]:
    """What a result depends on besides the configuration."""
    on_gpu = device.type == "cuda"
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a str of its own kind, which no file should hold
        "torchvision": version("torchvision"),  # its metadata: importing it takes seconds
        "platform": platform.platform(),
        "device_name": torch.cuda.get_device_name(device) if on_gpu else platform.machine(),
        "threads": torch.get_num_threads(),
    }


def random_states() -> dict[str, Any]:
    """Those of every source of randomness, as plain values and tensors."""
    version, python, gauss = random.getstate()
    kind, keys, *rest = np.random.get_state(legacy=True)
    return {
        "python": [version, list(python), gauss],
        "numpy": [kind, torch.from_numpy(np.asarray(keys, np.int64)), *rest],
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
    }


def set_random_states(states: dict[str, Any]) -> None:
    """Put them back as ``random_states`` gave them."""
    version, python, gauss = states["python"]
    random.setstate((version, tuple(python), gauss))
    kind, keys, *rest = states["numpy"]
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])

"""Device, threads and random streams: what a result depends on besides its configuration."""

from typing import Any, NamedTuple

import numpy as np
import torch

from ptnotes.engine.runtime import light_environment
from ptnotes.errors import DeviceError


def pick_device(name: str) -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU; any other name is that device.

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


def prepare(*, device: str = "auto", threads: int | None = None) -> torch.device:
    """Set the number of CPU threads, and pick the device. Raises DeviceError."""
    if threads is not None:
        torch.set_num_threads(threads)
    return pick_device(device)


class Streams(NamedTuple):
    """Independent sources of random numbers, all of one seed."""

    order: torch.Generator
    augmentation: torch.Generator
    split: torch.Generator


def seed_streams(seed: int) -> Streams:
    """Seed torch's global generators, which draw the weights, and make those of the rest.

    The seeds are spawned from one, so that no two streams begin alike.
    """
    spawned = np.random.SeedSequence(seed).spawn(1 + len(Streams._fields))
    weights, *others = (int(child.generate_state(1)[0]) for child in spawned)
    torch.manual_seed(weights)  # every device's generator
    return Streams(*(torch.Generator().manual_seed(each) for each in others))


def environment(device: torch.device) -> dict[str, Any]:
    """What a result depends on besides the configuration."""
    found = light_environment() | {
        "torch": str(torch.__version__),  # a subclass of str, which no file should hold
        "threads": torch.get_num_threads(),
    }
    if device.type == "cuda":
        found["device_name"] = torch.cuda.get_device_name(device)
    return found


def global_random_states() -> dict[str, Any]:
    """Those of torch's global generators, as plain values and tensors."""
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
    }


def set_global_random_states(states: dict[str, Any]) -> None:
    """Restore what ``global_random_states`` returned."""
    torch.set_rng_state(states["torch"])
    if states["cuda"]:
        torch.cuda.set_rng_state_all(states["cuda"])

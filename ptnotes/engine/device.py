"""Device, threads and random streams: what a result depends on besides its configuration."""

import threading
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import torch

from ptnotes.engine.distributed import local_rank, world_size
from ptnotes.engine.runtime import light_environment, usable_cores
from ptnotes.errors import DeviceError, PtnotesWarning

_GLOBAL_STATE = threading.RLock()  # that of torch's random generators, and _kept
_kept: list[tuple[int, dict[str, Any]]] = []  # the caller's state, once for each run that goes on


def pick_device(name: str, *, unsupported: Collection[str] = ()) -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU; any other name is that device.

    ``unsupported`` are kinds on which the topic can't run. Raises DeviceError if it is one
    of these, or if this machine does not have it. Under torchrun MPS is one of these: its
    processes would share one GPU.
    """
    if world_size() > 1:
        unsupported = {*unsupported, "mps"}
    if name == "auto":
        if torch.cuda.is_available() and "cuda" not in unsupported:
            return torch.device("cuda")
        mps = torch.backends.mps.is_available() and "mps" not in unsupported
        return torch.device("mps" if mps else "cpu")
    device = torch.device(name)
    if device.type in unsupported:
        where = " under torchrun" if world_size() > 1 else ""
        raise DeviceError(f"this topic does not run on '{name}'{where}: take --device cpu")
    count = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[device.type]
    if (device.index or 0) >= count:
        raise DeviceError(f"there is no device '{name}' here; leave --device out to pick one")
    return device


def prepare(
    *,
    device: str = "auto",
    threads: int | None = None,
    unsupported: Collection[str] = (),
    precision: str = "fp32",
    auto: str = "auto",
) -> torch.device:
    """Set the number of CPU threads, one per usable core at most, and pick the device.

    ``auto`` is what "auto" means: "cpu" for a few samples, with which an accelerator waits longer
    than it computes. Under torchrun that of GPUs is the process's own. Warns of a ``precision``
    that is slow here.

    Raises DeviceError.
    """
    if threads is not None:
        cores = usable_cores()
        if threads > cores:
            _warn_of_threads(threads, cores)
        torch.set_num_threads(min(threads, cores))
    found = pick_device(auto if device == "auto" else device, unsupported=unsupported)
    if found.type == "cuda" and world_size() > 1:
        _take_own_gpu(found)
    if precision == "bf16" and found.type == "cpu" and not _computes_bf16():
        message = "this CPU has no instructions for bf16: it is slower than fp32 here"
        warnings.warn(message, PtnotesWarning, stacklevel=2)
    return found


def _take_own_gpu(device: torch.device) -> None:
    """Make "cuda" the GPU of this process's number on its machine. The saved run names none, so
    that another number of processes can resume it.
    """
    count = torch.cuda.device_count()
    if device.index is not None or local_rank() >= count:
        raise DeviceError(
            f"each process of torchrun takes a GPU of its own, and there are {count}: take as many "
            "processes, and --device cuda"
        )
    torch.cuda.set_device(local_rank())


def _computes_bf16() -> bool:
    """Whether the CPU has instructions for it, as far as torch tells: not every build does."""
    known = getattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", None)
    return known is None or bool(known())


@cache  # once, whatever the number of runs
def _warn_of_threads(threads: int, cores: int) -> None:
    warnings.warn(
        f"{threads} threads were asked for, and {cores} compute: there are no more cores to use",
        PtnotesWarning,
        stacklevel=3,
    )


class Streams(NamedTuple):
    """Independent sources of random numbers, all of one seed."""

    order: torch.Generator
    augmentation: torch.Generator
    split: torch.Generator
    validation: torch.Generator


def _spawned(seed: int) -> list[int]:
    """The seeds of the weights and of the streams: no two begin alike."""
    children = np.random.SeedSequence(seed).spawn(1 + len(Streams._fields))
    return [int(child.generate_state(1)[0]) for child in children]


def seed_streams(seed: int) -> Streams:
    """The generators of all that is random but the weights."""
    return Streams(*(torch.Generator().manual_seed(each) for each in _spawned(seed)[1:]))


@contextmanager
def seed_weights(seed: int) -> Iterator[None]:
    """Seed torch's global generators, from which modules draw their weights.

    A run in another thread waits: a model that is built inside has the weights of its own seed.
    """
    with _GLOBAL_STATE:
        torch.manual_seed(_spawned(seed)[0])  # every device's generator
        yield


@contextmanager
def keep_global_state() -> Iterator[None]:
    """torch's number of threads and its global generators are the caller's again at the end.

    Of runs that overlap, the last one to end gives the generators back.
    """
    with _GLOBAL_STATE:
        here = torch.device("cpu")
        state = _kept[0] if _kept else (torch.get_num_threads(), global_random_states(here))
        _kept.append(state)
    threads, random = state
    if torch.get_num_threads() != threads:  # a run that overlaps computes
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        with _GLOBAL_STATE:
            _kept.pop()
            if not _kept:
                set_global_random_states(random)


def environment(device: torch.device) -> dict[str, Any]:
    """What a result depends on besides the configuration."""
    found = light_environment() | {
        "torch": str(torch.__version__),  # a subclass of str, which no file should hold
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),  # which kernels it takes
    }
    if world_size() > 1:
        found["processes"] = world_size()
    if device.type == "cuda":
        found["device_name"] = torch.cuda.get_device_name(device)
    return found


def global_random_states(device: torch.device) -> dict[str, Any]:
    """Those of torch's global generators, the device's too, as plain values and tensors."""
    return {
        "torch": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        "mps": torch.mps.get_rng_state() if device.type == "mps" else None,
    }


def set_global_random_states(states: dict[str, Any]) -> None:
    """Restore what ``global_random_states`` returned, as far as this machine has the devices."""
    with _GLOBAL_STATE:
        torch.set_rng_state(states["torch"])
        if torch.cuda.is_initialized():
            for gpu, state in zip(range(torch.cuda.device_count()), states["cuda"], strict=False):
                torch.cuda.set_rng_state(state, gpu)
        if states.get("mps") is not None and torch.backends.mps.is_available():
            torch.mps.set_rng_state(states["mps"])

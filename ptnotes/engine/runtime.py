"""What belongs to the platform: the allocator, the environment, what torch imports. No torch here.

Nothing in it changes a result. ``PTNOTES_PLATFORM=plain`` leaves the allocator as it is.
"""

import contextlib
import ctypes
import os
import platform
import re
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# Parameters of glibc's mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
MMAP_THRESHOLD = 32 << 20  # bytes; older versions refuse a larger value
TRIM_THRESHOLD = 1 << 30  # bytes of freed memory that stay with the process


def configure_allocator() -> None:
    """Raise glibc's thresholds; on other C libraries nothing changes.

    Otherwise every step's activations are returned to the system and cause page faults in the
    next: hundreds a step for a convolutional network (docs/benchmarks.md).
    """
    if os.environ.get("PTNOTES_PLATFORM") == "plain" or platform.libc_ver()[0] != "glibc":
        return
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # a library that only calls itself glibc
        return
    mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD)
    mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD)


def skip_dynamo() -> None:
    """Let torch's optimizers work without importing torch._dynamo, which takes a second.

    Some of their methods are wrapped for the sake of torch.compile, and the wrappers import it:
    the methods that they wrap take their places. ``step`` is wrapped in ``no_grad`` too. For a
    process that compiles nothing, such as a command; not for a library.
    """
    import torch
    from torch.optim import SGD, Adam, Optimizer

    for name in ("add_param_group", "zero_grad", "state_dict", "load_state_dict"):
        method = getattr(Optimizer, name)
        setattr(Optimizer, name, getattr(method, "__wrapped__", method))
    for optimizer in (SGD, Adam):  # AdamW is an Adam
        if hasattr(optimizer.step, "__wrapped__"):
            optimizer.step = torch.no_grad()(optimizer.step.__wrapped__)  # type: ignore[method-assign]


def usable_cores() -> int:
    """The CPU cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def torch_version() -> str:
    """What torch.__version__ is, without importing torch: the package's own lacks the build."""
    spec = find_spec("torch")
    if spec and spec.origin:
        with contextlib.suppress(OSError):
            text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
            if found := re.search(r"^__version__ = '(.+)'$", text, re.MULTILINE):
                return found[1]
    return version("torch")


def light_environment() -> dict[str, Any]:
    """What a result of a command that needs no torch depends on besides its configuration."""
    return {
        "python": platform.python_version(),
        "torch": torch_version(),
        "torchvision": version("torchvision"),
        "numpy": version("numpy"),
        "pandas": version("pandas"),
        "platform": platform.platform(),
        "device_name": platform.machine(),
        "threads": usable_cores(),
    }

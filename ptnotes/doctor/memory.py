"""How much memory is free, on each system in its own way."""

import contextlib
import ctypes
import os
import sys
from pathlib import Path

MEMINFO = Path("/proc/meminfo")
LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container


def free_memory() -> int | None:
    """Bytes that programs can have; on macOS the whole. None where the system doesn't say."""
    if sys.platform == "win32":
        return _of_windows()
    with contextlib.suppress(OSError, KeyError, ValueError):
        lines = dict(line.split(":", 1) for line in MEMINFO.read_text("ascii").splitlines())
        free = int(lines["MemAvailable"].split()[0]) * 1024
        with contextlib.suppress(OSError, ValueError):  # no limit is "max"
            free = min(free, int(LIMIT.read_text("ascii")))
        return free
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return None


def _of_windows() -> int | None:
    class Status(ctypes.Structure):  # MEMORYSTATUSEX
        _fields_ = (
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", *"abcde")),
        )

    status = Status()
    status.length = ctypes.sizeof(status)
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009  # there on Windows alone
    return int(status.free) if kernel.GlobalMemoryStatusEx(ctypes.byref(status)) else None

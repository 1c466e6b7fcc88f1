"""What belongs to the platform and not to a topic, set in one place before torch is loaded.

None of it changes a result. ``PTNOTES_PLATFORM=plain`` leaves everything as the system has it;
docs/benchmarks.md says what each setting was measured to do.
"""

import ctypes
import os
import platform

# Parameters of glibc's mallopt(3).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST_FROM_HEAP = 32 << 20  # bytes; more than that older versions refuse
KEPT = 1 << 30  # bytes of freed memory that stay with the process

# How often an OpenMP thread looks whether its neighbours are done before it sleeps. torch's loops
# meet dozens of times a step; with GNU's default a thread spins on while the one that it waits for
# has no core to run on.
SPINS = "2000"


def settle() -> None:
    """Raise glibc's thresholds and lower OpenMP's spinning; what isn't there is left alone.

    Call it before torch is imported: OpenMP reads its environment once. A value that the user has
    set for OpenMP stands.
    """
    if os.environ.get("PTNOTES_PLATFORM") == "plain":
        return
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)
    if platform.libc_ver()[0] == "glibc":
        _keep_freed_memory()


def _keep_freed_memory() -> None:
    """Without it every step's activations go back to the system, to be faulted in again."""
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_THRESHOLD, LARGEST_FROM_HEAP)
    mallopt(M_TRIM_THRESHOLD, KEPT)

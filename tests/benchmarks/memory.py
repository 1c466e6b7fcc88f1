"""The peak memory of a command and of all that it starts."""

import subprocess
import time
from pathlib import Path


def peak_memory(command: list[str]) -> float:
    """The largest memory of all processes of a command, in MiB, looked at every 50 ms.

    Pages that several processes share count once (PSS), as they take room once.
    """
    peak = 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, sum(map(proportional, family(process.pid))))
            time.sleep(0.05)
    assert process.returncode == 0
    return peak / 1024


def family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional(pid: int) -> int:
    """PSS in KiB; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)

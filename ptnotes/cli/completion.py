"""What a shell completes besides commands, options and choices. No torch here."""

import contextlib
import os
from glob import escape, glob
from pathlib import Path

DATA_SETS = ("mnist", "fashion-mnist", "kmnist", "cifar10", "cifar100", "svhn")


def saved_runs(incomplete: str) -> list[str]:
    """The directories of saved runs, and those on the way to them."""
    start = Path(incomplete).parent if not incomplete.endswith("/") else Path(incomplete)
    with contextlib.suppress(OSError):
        found = {
            str(each.parent)
            for pattern in ("run.json", "*/run.json", "*/*/run.json")
            for each in start.glob(pattern)
        }
        return sorted(each for each in found if each.startswith(incomplete.rstrip("/")))
    return []


def sources(incomplete: str) -> list[str]:
    """The data sets by name, and what lies in the directory."""
    files = [f"{each}/" if os.path.isdir(each) else each for each in glob(f"{escape(incomplete)}*")]
    return [each for each in (*DATA_SETS, *sorted(files)) if each.startswith(incomplete)]

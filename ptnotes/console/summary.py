"""What a Result comes to: its numbers, its headline, what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptnotes.console.escape import printable
from ptnotes.events import EpochRow, RunRecord
from ptnotes.quantities import with_deviation, written

WEAKEST = 3  # classes


@dataclass(frozen=True)
class Ending:
    """What is said after a run: the files that it may have written, what to type next."""

    files: Sequence[Path] = ()
    hints: Sequence[str] = ()

    def written(self) -> list[str]:
        """The files that are there; of a directory, what it holds."""
        found = []
        for path in self.files:
            if path.is_dir():
                names = sorted(each.name for each in path.iterdir() if each.name[0] != ".")
                found.append(f"{path}: {', '.join(names)}")
            elif path.exists():
                found.append(str(path))
        return [printable(each) for each in found]


def numbers(result: dict[str, Any]) -> dict[str, str]:
    """Name → text; lists and objects are for JSON, but a pair of numbers.

    The standard deviation ``name_std`` follows its mean.
    """
    return {
        name: with_deviation(name, value, result[f"{name}_std"])
        if f"{name}_std" in result
        else printable(written(name, value))
        for name, value in result.items()
        if _is_short(value) and name.removesuffix("_std") not in result.keys() - {name}
    }


def _is_short(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and all(isinstance(part, int | float) for part in value)
    return not isinstance(value, dict)


def majority(result: dict[str, Any]) -> tuple[str, float] | None:
    """The most frequent class, and the accuracy of always answering it."""
    found = result.get("per_class")
    if not found or not (total := sum(each["samples"] for each in found)):
        return None
    largest = max(found, key=lambda each: each["samples"])
    return str(largest["class"]), largest["samples"] / total


def weakest(result: dict[str, Any]) -> list[tuple[str, float]]:
    """The classes with the lowest recall, and that."""
    found = [each for each in result.get("per_class", ()) if each["recall"] is not None]
    lowest = sorted(found, key=lambda each: each["recall"])[:WEAKEST]
    return [(str(each["class"]), each["recall"]) for each in lowest]


def losses(record: RunRecord) -> list[float]:
    """The training loss of every row that has one."""
    return [row.train_loss for row in record.rows if hasattr(row, "train_loss")]


def best_epoch(record: RunRecord) -> tuple[int, float] | None:
    """The epoch with the best validation or else test accuracy, and that; None if none has one."""
    found = [
        (row.epoch, row.judged)
        for row in record.rows
        if isinstance(row, EpochRow) and row.judged is not None
    ]
    return max(found, key=lambda pair: pair[1], default=None)

"""What a topic yields while it runs: one Header, then Progress, Rows and Tables, then one Result.

A training yields Snapshots too, behind its Rows, and Mistakes before its Result.

The topics compute and yield; ``report`` prints. So a run can be shown, recorded or tested without
either side knowing the other.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import MISSING, dataclass, field
from typing import Any

from ptnotes.errors import DivergedError


def column(title: str, spec: str = "", default: Any = MISSING, *, recorded: bool = True) -> Any:
    """A field of a Row with its heading and format on screen; None is left out everywhere.

    What isn't ``recorded`` is on screen only; a field that is no column is in the document only.
    """
    return field(default=default, metadata={"title": title, "spec": spec, "recorded": recorded})


@dataclass(frozen=True)
class Header:
    """What is about to run: the first thing every topic yields.

    ``config`` holds every hyper-parameter as used, ``environment`` what it ran on. ``rows`` is how
    many rows will come; on screen at most ``shown`` of them, evenly spaced (None: all). In the
    JSON document rows are the "history", or a part of "result" by the name ``rows_in_result``; if
    the name is empty they are the result, and ``--quiet`` shows them.
    A classifier's ``classes`` stand in the order of its logits.
    """

    topic: str
    config: dict[str, Any]
    environment: dict[str, Any]
    rows: int = 0
    shown: int | None = None
    rows_in_result: str | None = None
    classes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps of an epoch (from 1) are taken, in the training ``of``.

    Without an epoch, ``of`` says what is counted. ``total`` is None where it isn't known.
    """

    epoch: int | None
    done: int
    total: int | None
    of: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table and one object of the JSON document.

    Its numbers are finite, as JSON wants them: else making one raises DivergedError.
    """

    def __post_init__(self) -> None:
        _check_finite(vars(self))


@dataclass(frozen=True)
class EpochRow(Row):
    """An epoch: losses are means over samples, accuracies fractions, times in seconds."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".4f")
    train_accuracy: float | None = column("train acc.", ".2%", default=None)
    test_loss: float | None = column("test loss", ".4f", default=None)
    test_accuracy: float | None = column("test acc.", ".2%", default=None)
    train_seconds: float = column("train s", ".2f", default=0.0)
    test_seconds: float | None = column("test s", ".2f", default=None)


@dataclass(frozen=True)
class Snapshot:
    """The training stands still between two epochs: until the next event is asked for, ``state``
    captures all of it (``training.Training``).
    """

    state: Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Mistakes:
    """Test images that a trained net misread with the most confidence, the worst first.

    ``images`` is (N, H, W) uint8; the rest has N entries: the place in the test set, what it is,
    what was predicted, with which probability.
    """

    images: Any
    places: list[int]
    labels: list[str]
    predictions: list[str]
    probabilities: list[float]


@dataclass(frozen=True)
class Table:
    """Something to look at: it is on screen only, its numbers come with the Result.

    A cell may have several lines (``matrix``), so that matrices stand side by side.
    """

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Result:
    """What came out: the last thing every topic yields. Its numbers are finite, as a Row's are."""

    values: dict[str, Any]

    def __post_init__(self) -> None:
        _check_finite(self.values)


def _check_finite(values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            raise DivergedError(f"{name.replace('_', ' ')} is {value}")


Event = Header | Progress | Row | Snapshot | Mistakes | Table | Result

"""What a topic yields while it runs, and the JSON document made of it.

One Header comes first, then Progress, Rows, Tables and Snapshots, in the end
MisclassifiedImages, if any, and one Result. Topics compute and yield; the console, the plots and
the saved runs consume. Neither side knows the other.

Called, ``ptnotes.events("mnist")`` are the events of a topic: ``ptnotes.api.events``.
"""

import math
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Self

from ptnotes import CallableModule, __version__
from ptnotes.errors import DivergedError


class Marked(str):
    """Text of parts, each with a role that a screen may show in colour: "good", "bad", "best",
    "dim", "accent", "warning", or "". Everywhere else it is a str.
    """

    parts: tuple[tuple[str, str], ...]

    def __new__(cls, *parts: tuple[str, str]) -> Self:
        """``parts`` are (text, role)."""
        whole = super().__new__(cls, "".join(text for text, _ in parts))
        whole.parts = parts
        return whole


def column(title: str, spec: str = "", default: Any = MISSING, *, recorded: bool = True) -> Any:
    """A field of a Row with its heading and format on screen; None is left out everywhere.

    What isn't ``recorded`` is on screen only; a field that is no column is in the document only.
    """
    return field(default=default, metadata={"title": title, "spec": spec, "recorded": recorded})


@dataclass(frozen=True)
class Header:
    """What is about to run: the first event of every topic.

    ``config`` holds every hyper-parameter as used, ``environment`` what it ran on. ``rows`` is how
    many rows will come, ``records`` their place in the JSON document: "history", "result" (the
    rows are the result) or a name within it, such as "result.claims". A classifier's ``classes``
    are in the order of its logits. ``command`` is what makes the run again, ``data_files`` the
    SHA-256 of those that it read: None and empty where there are none.
    """

    topic: str
    config: dict[str, Any]
    environment: dict[str, Any]
    rows: int = 0
    classes: tuple[str, ...] = ()
    records: str = "history"
    command: str | None = None
    data_files: dict[str, str] = field(default_factory=dict)


def config_of(recipe: Any, **used: Any) -> dict[str, Any]:
    """For a Header: the fields of a recipe, its name as "recipe", and what else is used."""
    values = dict(vars(recipe))
    return {"recipe": values.pop("name"), **values, **used}


@dataclass(frozen=True)
class Progress:
    """``done`` of ``total`` steps of an epoch (from 1) are taken, in the training ``of``.

    Without an epoch, ``of`` says what is counted. ``total`` is None where it isn't known; ``loss``
    is the epoch's so far, where it is. ``batch_loss`` reads that of the step's own batch, for which
    an accelerator is waited for; until the next event is asked for.
    """

    epoch: int | None
    done: int
    total: int | None
    of: str = ""
    loss: float | None = None
    batch_loss: Callable[[], float] | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table and one object of the JSON document.

    Its numbers are finite, as JSON requires: else making one raises DivergedError.
    """

    def __post_init__(self) -> None:
        _check_finite(vars(self))

    def shown(self, name: str) -> Marked | None:
        """What a screen may show for the field instead of its value."""
        return None

    def brief(self) -> str | None:
        """What is left of it where only results are shown; None is the whole row."""
        return None

    def record(self) -> dict[str, Any]:
        """The row as an object of the JSON document."""
        unrecorded = {each.name for each in fields(self) if not each.metadata.get("recorded", True)}
        return {
            name: value
            for name, value in asdict(self).items()
            if value is not None and name not in unrecorded
        }


@dataclass(frozen=True)
class EpochRow(Row):
    """An epoch: losses are means over samples, accuracies fractions, times in seconds.

    What has validation data (val) is judged on it, and the test set is read at the end alone.
    """

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".4f")
    train_accuracy: float | None = column("train acc.", ".2%", default=None)
    val_loss: float | None = column("val loss", ".4f", default=None)
    val_accuracy: float | None = column("val acc.", ".2%", default=None)
    test_loss: float | None = column("test loss", ".4f", default=None)
    test_accuracy: float | None = column("test acc.", ".2%", default=None)
    train_seconds: float = column("train s", ".2f", default=0.0)
    val_seconds: float | None = column("val s", ".2f", default=None)
    test_seconds: float | None = column("test s", ".2f", default=None)

    @property
    def judged(self) -> float | None:
        """The accuracy on data that it isn't trained on, if it has one."""
        return self.test_accuracy if self.val_accuracy is None else self.val_accuracy


@dataclass(frozen=True)
class Snapshot:
    """An epoch is complete: until the next event is asked for, ``state`` captures the whole
    state of the training (``engine.state``).
    """

    state: Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class SeedRows:
    """The rows of a run with one of several seeds, once it has its result; no part of the document,
    in which such a run is a single row.
    """

    seed: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class MisclassifiedImages:
    """The test images that a trained network got wrong with the highest probability, in order.

    ``images`` is (N, H, W) uint8; the rest has N entries: the index in the test set, the true
    class, the predicted one, its probability.
    """

    images: Any
    places: list[int]
    labels: list[str]
    predictions: list[str]
    probabilities: list[float]


@dataclass(frozen=True)
class Table:
    """Something to look at: it is on screen only, its numbers come with the Result.

    A cell may have several lines, so that matrices stand side by side, or be Marked.
    """

    title: str
    headings: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


@dataclass(frozen=True)
class Result:
    """What came out: the last event of every topic. Its numbers are finite, as a Row's are."""

    values: dict[str, Any]

    def __post_init__(self) -> None:
        _check_finite(self.values)


def _check_finite(values: dict[str, Any]) -> None:
    for name, value in values.items():
        if isinstance(value, float) and not math.isfinite(value):
            where = f" at epoch {values['epoch']}" if "epoch" in values else ""
            raise DivergedError(f"{name.replace('_', ' ')} is {value}{where}")


Event = Header | Progress | Row | SeedRows | Snapshot | MisclassifiedImages | Table | Result


class RunRecord:
    """A run as far as it has come: its header, rows, result, and the last of the other events."""

    def __init__(self) -> None:
        self.header = Header("", {}, {})
        self.rows: list[Row] = []
        self.seeds: list[SeedRows] = []
        self.result: Result | None = None
        self.snapshot: Snapshot | None = None
        self.misclassified: MisclassifiedImages | None = None

    def add(self, event: Event) -> None:
        match event:
            case Header():
                self.header = event
            case Row():
                self.rows.append(event)
            case SeedRows():
                self.seeds.append(event)
            case Result():
                self.result = event
            case Snapshot():
                self.snapshot = event
            case MisclassifiedImages():
                self.misclassified = event

    def follow(self, events: Iterable[Event]) -> Generator[Event, None, None]:
        """Pass events on, and add them."""
        for event in events:
            self.add(event)
            yield event

    def history(self) -> list[dict[str, Any]]:
        return [row.record() for row in self.rows]

    def document(self, **instead: Any) -> dict[str, Any]:
        """The JSON document; ``instead`` is the result of a run that has none."""
        header, rows = self.header, self.history()
        document: dict[str, Any] = {
            "topic": header.topic,
            "version": __version__,
            "config": header.config,
            "environment": header.environment,
        }
        made = {"command": header.command, "data_files": header.data_files}
        made = {name: value for name, value in made.items() if value}
        result = self.result.values if self.result else instead
        place, _, name = header.records.partition(".")
        if place == "history":
            document |= ({"history": rows} if rows else {}) | {"result": result}
        else:
            document["result"] = {name: rows} | result if name else rows
        return document | made


sys.modules[__name__].__class__ = CallableModule

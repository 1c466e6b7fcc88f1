"""What an experiment came to: a row per cell and figure, and how a screen shows it."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, make_dataclass
from typing import Any, ClassVar

from rich.cells import cell_len, chop_cells

from ptnotes.events import Marked, Row, column
from ptnotes.language import translate
from ptnotes.quantities import with_deviation, written
from ptnotes.reproduce.grid import Cell
from ptnotes.reproduce.measures import MEASURES
from ptnotes.reproduce.running import Outcome

MEAN, N, GAP = 15, 3, 2  # columns of a mean with its deviation, of a number of runs, between two
NARROW = 80  # columns of a screen, below which what is expected has only its mark
NONE = "–"


@dataclass(frozen=True)
class FigureRow(Row):
    """A figure of a cell: mean and sample standard deviation of its runs, none of a single one.

    ``values`` are by seed; ``failed`` says of the other seeds why they have none. ``met`` is
    whether the mean is as ``expected``, from ``low`` to ``high``.
    """

    run: str
    topic: str
    options: dict[str, Any]
    measure: str
    mean: float | None
    std: float | None
    n: int
    values: dict[str, float]
    failed: dict[str, str]
    expected: str | None
    low: float | None
    high: float | None
    met: bool | None
    narrow: ClassVar[bool] = False

    def shown(self, name: str) -> Marked | None:
        """What is met and what is not, in their colours."""
        return self.judged(self.narrow) if name == "judged_" else None

    def judged(self, brief: bool = False) -> Marked:
        """``≥ 98.5% ✓``; the mark alone if ``brief`` or if nothing is expected and a run failed."""
        if self.met is None:
            return Marked(("✗" if self.failed else "", "bad"))
        mark = "✓" if self.met else "✗"
        text = mark if brief else f"{self.expected} {mark}"
        return Marked((text, "good" if self.met else "bad"))

    def count(self) -> str:
        """How many runs the mean is of: ``3``, or ``2/3`` if one of three failed."""
        return f"{self.n}/{self.n + len(self.failed)}" if self.failed else str(self.n)

    def figure(self) -> str:
        """``99.22% ± 0.07%``."""
        if self.mean is None:
            return NONE
        if self.std is None:
            return written(self.measure, self.mean)
        return with_deviation(self.measure, self.mean, self.std)


def rows_of(cell: Cell, outcomes: Sequence[Outcome]) -> list[FigureRow]:
    """A row per figure of a cell whose runs have all ended."""
    found = [each for each in outcomes if each.result is not None]
    failed = {str(each.task.seed): each.failure or "" for each in outcomes if each.failure}
    results = {str(each.task.seed): each.result or {} for each in found}
    first = next(iter(results.values()), None)
    measures = cell.measures or (_headline(cell.topic, first),)
    return [_row(cell, measure, results, failed) for measure in measures]


def _headline(topic: str, result: Mapping[str, Any] | None) -> str:
    """The first of a topic's figures that its result has."""
    known = MEASURES[topic]
    return next((name for name in known if result is None or name in result), known[0])


def _row(
    cell: Cell,
    measure: str,
    results: Mapping[str, Mapping[str, Any]],
    failed: dict[str, str],
) -> FigureRow:
    values = {
        seed: float(result[measure])  # a truth value counts as 1 or 0: its mean is a share
        for seed, result in results.items()
        if isinstance(result.get(measure), int | float)
    }
    # of exact fractions: the same whatever the order in which the runs ended
    mean = statistics.mean(values.values()) if values else None
    std = statistics.stdev(values.values()) if len(values) > 1 else None
    expected = next((each for each in cell.expectations if each.measure == measure), None)
    met = None if expected is None else mean is not None and expected.is_met(mean)
    low, high = expected.ends() if expected else (None, None)
    return FigureRow(
        cell.name,
        cell.topic,
        dict(cell.options),
        measure,
        mean,
        std,
        len(values),
        values,
        failed,
        str(expected) if expected else None,
        low,
        high,
        met,
    )


def on_screen(cells: Sequence[Cell], width: int) -> Callable[[FigureRow], FigureRow]:
    """A function that gives a row the columns of a table that fits a screen."""
    brief = width < NARROW
    measures = {name for each in cells for name in each.measures or MEASURES[each.topic][:1]}
    # diabetes has another headline where nothing is held out
    wide = max(cell_len(named(name, brief)) for name in (*measures, "train_accuracy"))
    expected = [len(str(one)) + 2 for each in cells for one in each.expectations]
    judged = 1 if brief or not expected else max(expected)
    room = width - wide - MEAN - N - judged - 4 * GAP
    longest = max(MEAN, min(room, max(cell_len(each.name) for each in cells)))
    columns = [
        _column("run", "run_", longest),
        _column("measure", "measure_", wide),
        _column("mean ± sd", "figure_", MEAN),
        _column("n", "n_", N),
        _column("expected" if judged > 1 else "", "judged_", judged),
    ]
    line: Any = make_dataclass(
        "FigureLine", columns, bases=(FigureRow,), namespace={"narrow": brief}, frozen=True
    )

    def with_columns(row: FigureRow) -> FigureRow:
        figure = row.figure()
        padded = " " * (MEAN - cell_len(figure)) + figure
        name = _shortened(row.run, longest)
        shown = (name, named(row.measure, brief), padded, f"{row.count():>{N}}")
        values = [getattr(row, each.name) for each in fields(row)]
        made: FigureRow = line(*values, *shown, str(row.judged(brief)))
        return made

    return with_columns


def _shortened(name: str, length: int) -> str:
    """Its ends tell it from others."""
    if cell_len(name) <= length:
        return name
    first = chop_cells(name, length // 2)[0]
    last = chop_cells(name[::-1], length - cell_len(first) - 1)[0][::-1]
    return f"{first}…{last}"


def _column(title: str, name: str, width: int) -> tuple[str, type, Any]:
    spec = str(max(width, cell_len(translate(title))))
    return name, str, column(title, spec, recorded=False)


def named(measure: str, brief: bool = False) -> str:
    """``test accuracy``, or ``test acc.``"""
    name = measure.replace("_", " ")
    return translate(name.replace("accuracy", "acc.") if brief else name)

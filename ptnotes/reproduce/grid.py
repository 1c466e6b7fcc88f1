"""Which runs an experiment takes: every combination of its lists, with every seed."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from ptnotes.errors import UsageError
from ptnotes.reproduce.expectation import Expectation
from ptnotes.reproduce.experiment import FORBIDDEN, Entry, Experiment
from ptnotes.topics.options import LARGEST_SEED, check_recipe, choices, recipe_of, settings

MOST = 10_000  # runs
# where it runs, which changes no figure, is no part of a name
UNNAMED = ("threads", "device")


@dataclass(frozen=True)
class Cell:
    """One combination of options: its runs differ in their seeds alone.

    ``measures`` are the numbers of its result that are shown; none is the topic's first one.
    """

    name: str
    topic: str
    options: Mapping[str, Any]
    seeds: tuple[int, ...]
    measures: tuple[str, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Task:
    """A run: a cell with one of its seeds, in a directory of its own."""

    cell: Cell
    seed: int
    directory: Path

    def __str__(self) -> str:
        return f"{self.cell.name}, seed {self.seed}"


def cells(experiment: Experiment, *, sample: bool = False, seeds: int | None = None) -> list[Cell]:
    """The experiment's cells in the order of the file, the last list varying fastest.

    With ``sample`` the topics that read data read the one that ships with ptnotes, on which no
    expectation is judged; ``seeds`` replaces the file's. Raises UsageError, with the line, for
    options that don't fit each other and for two cells of one name.
    """
    found: dict[str, Cell] = {}
    runs = 0
    for entry in experiment.entries:
        options = dict(entry.options)
        on_sample = sample and "data" in settings(entry.lesson)
        if on_sample:
            options.pop("data", None)
        runs += math.prod(map(len, options.values())) * _count(entry, seeds)
        if runs > MOST:
            raise experiment.error(entry.place, f"these are more than {MOST} runs")
        for values in product(*options.values()):
            cell = _cell(experiment, entry, dict(zip(options, values, strict=True)), seeds)
            if on_sample:
                on = {**cell.options, "data": "sample"}
                cell = replace(cell, options=on, expectations=())
            before = found.setdefault(cell.name.casefold(), cell)
            if before is not cell and not (on_sample and before == cell):
                what = f"a second run is called {cell.name!r}: give one of them a name"
                raise experiment.error(entry.place, what)
    return list(found.values())


def tasks(cells: list[Cell], out: Path) -> list[Task]:
    """Every run of the cells, in ``out``/cell/seed-N."""
    return [
        Task(cell, seed, out / cell.name / f"seed-{seed}") for cell in cells for seed in cell.seeds
    ]


def _count(entry: Entry, seeds: int | None) -> int:
    if seeds is not None:
        return seeds
    return len(entry.seeds) if isinstance(entry.seeds, tuple) else entry.seeds or 1


def _cell(experiment: Experiment, entry: Entry, options: dict[str, Any], seeds: int | None) -> Cell:
    with experiment.at(*entry.place):  # options that don't fit each other
        recipe = recipe_of(entry.lesson, options)
        check_recipe(recipe)
        if options.get("folds") and not options.get("fold"):
            raise UsageError("each fold is a run of its own: write fold = [1, 2, ...] too")
    first = recipe.seed
    if isinstance(entry.seeds, tuple) and seeds is None:
        chosen = entry.seeds
    else:
        chosen = tuple(range(first, first + _count(entry, seeds)))
    if chosen[-1] > LARGEST_SEED:
        raise experiment.error(entry.place, f"seeds: they would go beyond {LARGEST_SEED}")
    name = "-".join(_words(entry, options))
    measures = (*entry.measures, *(each.measure for each in entry.expectations))
    shown = tuple(dict.fromkeys(measures))
    return Cell(name, entry.topic, options, chosen, shown, entry.expectations)


def _words(entry: Entry, options: Mapping[str, Any]) -> Iterator[str]:
    """``mnist``, ``cnn``, ``lr-0.1``: of a run with a name only what its lists vary."""
    yield entry.name or entry.topic
    words = choices(entry.lesson, entry.topic)
    for name, value in options.items():
        if name in UNNAMED or (entry.name and name not in entry.axes):
            continue
        written = name.replace("_", "-")
        if isinstance(value, bool):
            yield written if value else f"no-{written}"
        elif name in words:
            yield str(value)
        else:
            yield re.sub(f"[{re.escape(FORBIDDEN)}]", "-", f"{written}-{value}")

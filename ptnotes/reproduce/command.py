"""``reproduce EXPERIMENT.toml``: its runs, what each cell came to, and the table of them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ptnotes.engine.runtime import light_environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Progress, Result
from ptnotes.plots.experiment import check_count
from ptnotes.plots.of_run import check_paths, with_plots
from ptnotes.reproduce import experiment, grid, running, tables, workers
from ptnotes.reproduce.grid import Cell, Task
from ptnotes.reproduce.running import Machine, Outcome

RUNS = Path("runs")  # below the current directory
WIDTH = 80  # of the screen, where nobody says it


def events(
    path: Path,
    *,
    out: Path | None = None,
    jobs: int = 1,
    seeds: int | None = None,
    sample: bool = False,
    device: str | None = None,
    threads: int | None = None,
    data_dir: Path | None = None,
    plot: Path | None = None,
    theme: str = "light",
    width: int = WIDTH,
) -> Iterator[Event]:
    """A row per cell and figure as its runs end; the Result has them in the order of the file.

    Each run is saved in a directory of its own below ``out``: finished ones are kept, interrupted
    ones resumed. ``seeds`` replaces the file's. Raises UsageError and DataError before anything
    runs: for what is wrong in the file, with its line, for a directory that holds another run, for
    a picture that can't be drawn. A run that fails is listed under "failed".
    """
    check_paths(plot, None)
    if sample and data_dir is not None:
        raise UsageError("the sample has its own data directory: leave --data-dir out")
    content = experiment.read(path)
    cells = grid.cells(content, sample=sample, seeds=seeds)
    out = out or content.out or RUNS / (path.stem + ("-sample" if sample else ""))
    if out.exists() and not out.is_dir():
        raise DataError(f"{out} is a file; --out takes a directory")
    tasks = grid.tasks(cells, out)
    kept = running.kept_results(tasks)
    config = {"experiment": content.title, "file": str(path), "out": str(out), "jobs": jobs}
    if seeds is not None:
        config["seeds_per_run"] = seeds
    if sample:
        config["data"] = "sample"
    rows = sum(len(each.measures) or 1 for each in cells)
    if plot:
        check_count(rows)
    header = Header("reproduce", config, light_environment(), rows, records="result.cells")
    left = [task for task in tasks if task.directory not in kept]
    machine = Machine(data_dir, threads or (1 if jobs > 1 else None), device)
    if jobs > 1:
        found: Iterator[Progress | Outcome] = workers.in_processes(left, machine, jobs)
    else:
        found = running.in_turn(left, machine)
    ended = [Outcome(each, kept[each.directory]) for each in tasks if each.directory in kept]
    shown = _events(header, cells, tasks, ended, found, width)
    yield from with_plots(shown, plot=plot, theme=theme)


def _events(
    header: Header,
    cells: Sequence[Cell],
    tasks: Sequence[Task],
    ended: Sequence[Outcome],
    found: Iterator[Progress | Outcome],
    width: int,
) -> Iterator[Event]:
    yield header
    outcomes = {each.task.directory: each for each in ended}
    rows: dict[str, list[tables.FigureRow]] = {}
    with_columns = tables.on_screen(cells, width)

    def complete() -> Iterator[Event]:
        for cell in cells:
            own = [task.directory for task in tasks if task.cell is cell]
            if not all(each in outcomes for each in own):
                if header.config["jobs"] == 1:  # those that are kept wait for their turn
                    return
            elif cell.name not in rows:
                rows[cell.name] = tables.rows_of(cell, [outcomes[each] for each in own])
                yield from map(with_columns, rows[cell.name])

    yield from complete()
    for each in found:
        if isinstance(each, Progress):
            yield each
        else:
            outcomes[each.task.directory] = each
            yield from complete()
    yield Result(_summary([row for cell in cells for row in rows[cell.name]], tasks, outcomes))


def _summary(
    rows: Sequence[tables.FigureRow], tasks: Sequence[Task], outcomes: dict[Path, Outcome]
) -> dict[str, Any]:
    """``cells`` as the rows are, in the order of the file; ``runs`` with all their numbers."""
    ended = [outcomes[each.directory] for each in tasks]
    failed = [each for each in ended if each.result is None]
    summary: dict[str, Any] = {
        "finished_runs": len(ended) - len(failed),
        "cells": [row.record() for row in rows],
        "runs": [_run(each) for each in ended],
    }
    if failed:
        summary["failed_runs"] = len(failed)
        summary["failed"] = [{"run": str(each.task), "error": each.failure} for each in failed]
    judged = [row for row in rows if row.met is not None]
    if judged:
        summary["expectations_met"] = sum(bool(row.met) for row in judged)
        summary["expectations_missed"] = sum(not row.met for row in judged)
    return summary


def _run(outcome: Outcome) -> dict[str, Any]:
    task, result = outcome.task, outcome.result or {}
    numbers = {name: value for name, value in result.items() if isinstance(value, int | float)}
    named = {"run": task.cell.name, "seed": task.seed, "directory": str(task.directory)}
    return named | ({"failed": outcome.failure} if outcome.failure else {}) | numbers

"""Saved runs listed, shown and compared, only from their run.json. No torch here."""

import os
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Result, Table
from ptnotes.files import TEMPORARY
from ptnotes.plots import classification, curves, figure, of_run
from ptnotes.runs import document as documents
from ptnotes.runs import schema
from ptnotes.runs.directory import COMPLETE, MOVING
from ptnotes.runs.document import Document

if TYPE_CHECKING:
    import pandas as pd

ROWS = 20  # of a history on screen
MATRIX = 10  # classes, up to which the confusion matrix fits into 80 columns
MAX_CONFUSIONS = 15  # that are listed where it doesn't
COMPARED = 5  # runs side by side in a table: their names fit into 80 columns
NOTHING = "-"
WHOLE_NUMBERS = ("seed", "epochs", "epochs_done", "best_epoch")
COLUMNS = (
    *("damaged", "topic", "arch", "cell", "via", "recipe", "data", "seed", "epochs"),
    *("epochs_done", "finished", "measure", "best_accuracy", "best_epoch", "last_accuracy"),
    *("seconds", "date"),
)


def listing(*, directories: Sequence[Path]) -> Iterator[Event]:
    """A line per run in the directories or below them; damaged ones say so. Raises DataError."""
    yield _header("list")
    found = summaries(directories)
    headings = ("run, date", "topic, recipe", "data", "epochs", "best", "last", "s", "seed")
    yield Table("Saved runs", headings, [_line(run) for run in found])
    yield Result({"runs": found})


def table(directories: Sequence[Path]) -> "pd.DataFrame":
    """The same as a table, a row per run. Raises DataError."""
    import pandas as pd

    found = summaries(directories)
    columns = [name for name in COLUMNS if any(name in run for run in found)]
    table = pd.DataFrame(found, columns=["run", *columns]).set_index("run")
    # a column of integers in which a run has none would become floats
    whole = {name: "Int64" for name in WHOLE_NUMBERS if name in columns}
    return table.astype(whole)


def markdown(table: "pd.DataFrame") -> str:
    """The table in Markdown; what a run doesn't have is an empty cell."""
    text = table.astype(object).where(table.notna(), "").reset_index().astype(str)
    rows = text.map(lambda cell: cell.replace("|", "\\|"))
    return str(rows.to_markdown(index=False, disable_numparse=True))


def summaries(directories: Sequence[Path]) -> list[dict[str, Any]]:
    """What every run came to; of a damaged one, why it can't be read. Raises DataError."""
    found = []
    for directory in _runs_in(directories):
        try:
            found.append(summary(directory, schema.read(directory)))
        except DataError as error:
            found.append({"run": str(directory), "damaged": str(error)})
    return found


def _runs_in(directories: Sequence[Path]) -> Iterator[Path]:
    for directory in directories:
        if not os.path.isdir(directory):
            raise DataError(f"there is no directory {directory}, or it can't be entered")
        if documents.holds_run(directory):
            yield directory
            continue
        below = sorted(_runs_below(directory))
        if not below:
            raise DataError(f"{directory} holds no run, nor does any directory in it")
        yield from below


def _runs_below(directory: Path) -> Iterator[Path]:
    """Links to directories are not followed; a directory that can't be read holds no run, nor does
    one that is being written, or was when its process ended.
    """
    waiting = [directory]  # Path.rglob recurses, and ends at the first path that is too long
    while waiting:
        place = waiting.pop()
        try:
            with os.scandir(place) as entries:
                for entry in entries:
                    if entry.name == documents.DOCUMENT:
                        yield place
                    elif entry.name.startswith((TEMPORARY, COMPLETE, MOVING)):
                        continue
                    elif entry.is_dir(follow_symlinks=False):
                        waiting.append(place / entry.name)
        except OSError:
            continue


def summary(directory: Path, document: Document) -> dict[str, Any]:
    """What a run came to; accuracies are on the test set, or else on the training set."""
    config, run, history = document["config"], document["run"], document["history"]
    found = {"run": str(directory), "topic": document["topic"]}
    for name in ("arch", "cell", "via", "recipe", "data", "seed", "epochs"):
        if name in config:
            found[name] = config[name]
    done = history[-1]["epoch"] if history else 0
    found |= {"epochs_done": done, "finished": run["finished"]}
    for measure in ("test_accuracy", "train_accuracy"):
        rows = [row for row in history if measure in row]
        if rows:
            best = max(rows, key=lambda row: row[measure])
            found |= {"measure": measure, "best_accuracy": best[measure]}
            found |= {"best_epoch": best["epoch"], "last_accuracy": rows[-1][measure]}
            break
    return found | {"seconds": run["wall_seconds"], "date": run["date"]}


def _line(run: dict[str, Any]) -> tuple[str, ...]:
    """Cells of two lines, so that the table fits into 80 columns."""
    if "damaged" in run:
        return (run["run"], "damaged", *[NOTHING] * 6)
    kind = " ".join(str(run[name]) for name in ("topic", "arch", "cell", "via") if name in run)
    accuracies = [_percent(run.get(f"{which}_accuracy")) for which in ("best", "last")]
    of = f"{run['epochs_done']}/{run['epochs']}"
    told = (str(run.get("data", NOTHING)), of, *accuracies, f"{run['seconds']:.0f}")
    place, how = f"{run['run']}\n{run['date'][:10]}", f"{kind}\n{run['recipe']}"
    return (place, how, *told, str(run.get("seed", NOTHING)))


def _percent(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.2%}"


def show(
    *, directory: Path, plot: Path | None = None, confusion: Path | None = None
) -> Iterator[Event]:
    """One run in full: configuration, history, what came out, class by class.

    Raises DataError, and UsageError for a picture that the run has no numbers for.
    """
    of_run.check_paths(plot, confusion)
    document = schema.read(directory)
    result, classes = document["result"], document["run"]["classes"]
    if confusion and "confusion" not in result:
        raise UsageError(f"--confusion: {directory} holds no finished run of a classifier")
    if plot and not document["history"]:
        raise UsageError(f"--plot: {directory} holds no finished epoch")
    yield _header("show")
    told = {"run": str(directory), "topic": document["topic"], "date": document["run"]["date"]}
    told |= document["config"] | document["environment"]
    settings = [(name, str(value)) for name, value in told.items()]
    yield Table("Configuration", ("name", "value"), settings)
    if document["history"]:
        yield _history(document["history"])
    if "confusion" in result:
        yield _confusions(result["confusion"], classes)
        yield _per_class(result["per_class"])
    if plot:
        figure.save(curves.curve(document["history"], document["topic"]), plot)
    if confusion:
        figure.save(classification.confusion(result["confusion"], classes), confusion)
    yield Result(summary(directory, document) | {"document": document})


def _history(history: list[dict[str, Any]]) -> Table:
    every = max(1, -(-len(history) // ROWS))
    shown = [
        row for index, row in enumerate(history, 1) if index % every == 0 or row is history[-1]
    ]
    columns = list(history[0])
    rows = [tuple(_cell(name, row.get(name)) for name in columns) for row in shown]
    return Table("History", tuple(name.replace("_", " ") for name in columns), rows)


def _cell(name: str, value: Any) -> str:
    if name.endswith("accuracy"):
        return _percent(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _confusions(cells: list[list[int]], classes: list[str]) -> Table:
    if len(classes) <= MATRIX:
        rows = [
            (name, *(str(cell or "") for cell in row))
            for name, row in zip(classes, cells, strict=True)
        ]
        return Table("Confusion: true down, predicted across", ("", *classes), rows)
    wrong = [
        (cell, true, predicted)
        for true, row in enumerate(cells)
        for predicted, cell in enumerate(row)
        if cell and true != predicted
    ]
    frequent = sorted(wrong, reverse=True)[:MAX_CONFUSIONS]
    rows = [(classes[true], classes[predicted], str(cell)) for cell, true, predicted in frequent]
    return Table("The most frequent confusions", ("true", "predicted", "times"), rows)


def _per_class(found: list[dict[str, Any]]) -> Table:
    measures = ("precision", "recall", "f1")
    rows = [
        (each["class"], str(each["samples"]), *(_percent(each[name]) for name in measures))
        for each in found
    ]
    return Table("Class by class", ("class", "samples", "precision", "recall", "F1"), rows)


def compare(*, directories: Sequence[Path], plot: Path | None = None) -> Iterator[Event]:
    """Runs side by side: what differs in their configuration, and what came out.

    ``plot`` gets their curves in one picture. Raises UsageError, DataError.
    """
    if len(set(directories)) < 2:
        raise UsageError("compare takes two runs or more")
    if plot:
        figure.check_path(plot, "--plot")
    found = {str(directory): schema.read(directory) for directory in directories}
    yield _header("compare")
    runs = [summary(Path(name), document) for name, document in found.items()]
    differing = _differing([*found.values()])
    outcome = ("epochs_done", "best_accuracy", "best_epoch", "last_accuracy", "seconds")
    rows = [(name, *map(str, values)) for name, values in differing.items()]
    for name in outcome:
        if any(name in run for run in runs):
            cells = [_cell(name, run[name]) if name in run else NOTHING for run in runs]
            rows.append((name.replace("_", " "), *cells))
    for first in range(1, len(found) + 1, COMPARED):
        part = [row[:1] + row[first : first + COMPARED] for row in [("", *found), *rows]]
        yield Table("What differs, and what came out", part[0], part[1:])
    if plot:
        histories = {name: each["history"] for name, each in found.items() if each["history"]}
        if not histories:
            raise UsageError("--plot: none of these runs has finished an epoch")
        figure.save(curves.curves(histories), plot)
    yield Result({"runs": runs, "differs": differing})


def _differing(found: Sequence[Document]) -> dict[str, list[Any]]:
    """Name → each run's value, where they aren't all the same; None where a run has none."""
    settings = [{"topic": each["topic"]} | each["config"] | each["environment"] for each in found]
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: [each.get(name) for each in settings] for name in names}
    return {name: each for name, each in values.items() if any(one != each[0] for one in each)}


def _header(command: str) -> Header:
    environment = {"python": platform.python_version(), "platform": platform.platform()}
    return Header("runs", {"command": command}, environment)

"""Saved runs listed, shown and compared, only from their run.json. No torch here."""

import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Result
from ptnotes.files import TEMPORARY
from ptnotes.frames import frame
from ptnotes.plots import classification, comparison, curves, figure, of_run
from ptnotes.plots.theme import drawn
from ptnotes.runs import document as documents
from ptnotes.runs import schema, tables
from ptnotes.runs.directory import COMPLETE, MOVING
from ptnotes.runs.document import Document

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

WIDTH = 80  # of the screen, where nobody says it
WHOLE_NUMBERS = ("seed", "epochs", "epochs_done", "best_epoch")
COLUMNS = (
    *("damaged", "topic", "arch", "cell", "via", "recipe", "data", "seed", "epochs"),
    *("epochs_done", "finished", "measure", "best_accuracy", "best_epoch", "last_accuracy"),
    *("test_accuracy", "seconds", "date"),
)


def listing(
    *,
    directories: Sequence[Path],
    conditions: Sequence[str] = (),
    sort: str | None = None,
    width: int = WIDTH,
) -> Iterator[Event]:
    """A row per run in the directories or below them; damaged ones say so.

    Raises DataError, and UsageError as ``summaries`` does.
    """
    yield _header("list")
    found = summaries(directories, conditions, sort)
    yield tables.listed(found, width)
    yield Result({"runs": found})


def table(
    directories: Sequence[Path], conditions: Sequence[str] = (), sort: str | None = None
) -> "pd.DataFrame":
    """The same as a table, a row per run. Raises DataError, UsageError."""

    found = summaries(directories, conditions, sort)
    columns = [name for name in COLUMNS if any(name in run for run in found)]
    table = frame(found, ("run", *columns)).set_index("run")
    # a column of integers in which a run has none would become floats
    whole = {name: "Int64" for name in WHOLE_NUMBERS if name in columns}
    return table.astype(whole)


def markdown(table: "pd.DataFrame") -> str:
    """The table in Markdown; what a run doesn't have is an empty cell."""
    text = table.astype(object).where(table.notna(), "").reset_index().astype(str)
    rows = text.map(lambda cell: cell.replace("|", "\\|"))
    return str(rows.to_markdown(index=False, disable_numparse=True))


def summaries(
    directories: Sequence[Path], conditions: Sequence[str] = (), sort: str | None = None
) -> list[dict[str, Any]]:
    """What every run came to; of a damaged one, why it can't be read.

    ``conditions`` are texts such as "topic=mnist", all of which a run must meet. ``sort`` is a name
    in COLUMNS, or "run": accuracies from the best down, the rest from the least up, and last the
    runs without one. Raises DataError, and UsageError for a name that isn't in COLUMNS.
    """
    wanted = [_condition(each) for each in conditions]
    key = None if sort is None else _column(sort, "--sort")
    found = []
    for directory in _runs_in(directories):
        try:
            run = summary(directory, schema.read(directory))
        except DataError as error:
            run = {"run": str(directory), "damaged": str(error)}
        if all(str(run.get(name, "")).lower() == value.lower() for name, value in wanted):
            found.append(run)
    if key is None:
        return found
    there = [run for run in found if key in run]
    there.sort(key=lambda run: run[key], reverse=key.endswith("accuracy"))
    return there + [run for run in found if key not in run]


def _condition(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--filter takes NAME=VALUE, such as topic=mnist, not '{text}'")
    return _column(name, "--filter"), value


def _column(name: str, option: str) -> str:
    if (known := name.replace("-", "_")) in ("run", *COLUMNS):
        return known
    raise UsageError(f"{option}: runs have no '{name}'; they have run, {', '.join(COLUMNS)}")


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
    """What a run came to; "best" and "last" accuracies are on the validation data if it has any,
    or else on the test set or the training set.
    """
    config, run, history = document["config"], document["run"], document["history"]
    found = {"run": str(directory), "topic": document["topic"]}
    for name in ("arch", "cell", "via", "recipe", "data", "seed", "epochs"):
        if name in config:
            found[name] = config[name]
    done = history[-1]["epoch"] if history else 0
    found |= {"epochs_done": done, "finished": run["finished"]}
    for measure in ("val_accuracy", "test_accuracy", "train_accuracy"):
        rows = [row for row in history if measure in row]
        if rows:
            best = max(rows, key=lambda row: row[measure])
            found |= {"measure": measure, "best_accuracy": best[measure]}
            found |= {"best_epoch": best["epoch"], "last_accuracy": rows[-1][measure]}
            break
    if "test_accuracy" in document["result"]:
        found["test_accuracy"] = document["result"]["test_accuracy"]
    return found | {"seconds": run["wall_seconds"], "date": run["date"]}


def show(
    *,
    directory: Path,
    plot: Path | None = None,
    confusion: Path | None = None,
    theme: str = "light",
    width: int = WIDTH,
) -> Iterator[Event]:
    """One run in full: configuration, history, what came out, class by class.

    Raises DataError, and UsageError for a picture that the run has no numbers for.
    """
    of_run.check_paths(plot, confusion)
    document = schema.read(directory)
    history, result = document["history"], document["result"]
    classes, said = document["run"]["classes"], summary(directory, document)
    if confusion and "confusion" not in result:
        raise UsageError(f"--confusion: {directory} holds no finished run of a classifier")
    if plot and not history:
        raise UsageError(f"--plot: {directory} holds no finished epoch")
    yield _header("show")
    yield from tables.settings(document, said)
    if history:
        yield tables.history(history, said, width)
    if "confusion" in result:
        yield tables.confusions(result["confusion"], classes, width)
        yield tables.per_class(result["per_class"])
    if plot:
        from ptnotes.plots.pictures import picture  # needs numpy

        figure.save(drawn(theme, picture, document), plot)
    if confusion:
        matrix = drawn(theme, classification.confusion_of, document, classes)
        figure.save(matrix, confusion)
    yield Result(said | {"document": document})


def compare(
    *,
    directories: Sequence[Path],
    plot: Path | None = None,
    theme: str = "light",
    width: int = WIDTH,
) -> Iterator[Event]:
    """A row per run: what came out, and what differs in the configuration.

    ``plot`` gets their curves in one picture. Raises UsageError, for more runs than a picture holds
    too, and DataError.
    """
    if len(set(directories)) < 2:
        raise UsageError("compare takes two runs or more")
    if plot:
        figure.check_path(plot, "--plot")
    found = {str(directory): schema.read(directory) for directory in directories}
    if plot and not any(each["history"] for each in found.values()):
        raise UsageError("--plot: none of these runs has finished an epoch")
    lines = drawn(theme, _comparison, found) if plot else None
    yield _header("compare")
    runs = [summary(Path(name), document) for name, document in found.items()]
    differing = _differing([*found.values()])
    yield from tables.compared(runs, differing, width)
    if plot and lines:
        figure.save(lines, plot)
    yield Result({"runs": runs, "differs": differing})


def _comparison(found: Mapping[str, Document]) -> "Figure":
    """The curves of those that have finished an epoch, and the share of the larger class, if it is
    the same in all.
    """
    there = {name: each for name, each in found.items() if each["history"]}
    histories = {name: each["history"] for name, each in there.items()}
    shares = {curves.majority_of(each) for each in there.values()}
    title = comparison.common_title([*there.values()])
    majority = shares.pop() if len(shares) == 1 else None
    return comparison.compare(histories, title, majority=majority)


def _differing(found: Sequence[Document]) -> dict[str, list[Any]]:
    """Name → each run's value, where they aren't all the same; None where a run has none."""
    settings = [{"topic": each["topic"]} | each["config"] | each["environment"] for each in found]
    names = dict.fromkeys(name for each in settings for name in each)
    values = {name: [each.get(name) for each in settings] for name in names}
    return {name: each for name, each in values.items() if any(one != each[0] for one in each)}


def _header(command: str) -> Header:
    environment = {"python": platform.python_version(), "platform": platform.platform()}
    return Header("runs", {"command": command}, environment)

"""Saved runs as tables for a screen of ``width`` cells. rich is imported when it is used."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ptnotes.events import Marked, Table
from ptnotes.language import translate
from ptnotes.quantities import is_round, written

Columns = dict[str, list[str]]  # heading → cells
Summary = dict[str, Any]

GAP = 2  # cells between columns
ROWS = 20  # of a history, up to which all are shown
MANY = 200  # rows, of which the 1st, 2nd, 5th, 10th, … are
MATRIX = 10  # classes, up to which there is a confusion matrix
MAX_CONFUSIONS = 15  # that are listed where there is none
NOTHING = "-"
STAR = " ★"
LEAST = ("last", "date", "seconds", "seed")  # of a list, left out first where it is narrow
SECONDARY = ("test s", "train s", "test loss")  # of a history


def listed(runs: Sequence[Summary], width: int) -> Table:
    """A row per run, of two lines where the terminal is narrow. The best accuracy of those with
    one topic and one data set is marked.
    """
    columns: Columns = {
        "run": _names(runs),
        "topic": [_kind(run) for run in runs],
        "recipe": [run.get("recipe", NOTHING) for run in runs],
        "data": [run.get("data", NOTHING) for run in runs],
        "epochs": _epochs(runs),
        "best": _best_accuracies(runs),
        "last": _right([_accuracy(run.get("last_accuracy")) for run in runs]),
        "seconds": _right([_value("seconds", run.get("seconds")) for run in runs]),
        "seed": _right([_value("seed", run.get("seed")) for run in runs]),
        "date": [run.get("date", NOTHING)[:10] for run in runs],
    }
    columns = _fitting(columns, LEAST, width)
    if _width(columns) > width:  # the topic below the run
        kinds = columns.pop("topic")
        columns = {
            heading: [part for cell in cells for part in (cell, "")]
            for heading, cells in columns.items()
        }
        columns["run"][1::2] = [
            Marked(("  ", ""), *getattr(kind, "parts", ((kind, "dim"),))) for kind in kinds
        ]
    return _table("Saved runs", columns)


def _names(runs: Sequence[Summary]) -> list[str]:
    """Marked, so that none is taken for a text to translate."""
    return [Marked((run["run"], "")) for run in runs]


def _kind(run: Summary) -> str:
    if "damaged" in run:
        return Marked((translate("damaged"), "bad"))
    return " ".join(str(run[name]) for name in ("topic", "arch", "cell", "via") if name in run)


def _epochs(runs: Sequence[Summary]) -> list[str]:
    """Those that are done; of a run that isn't finished, those that it would have too."""
    texts = []
    for run in runs:
        done, epochs = (_value(name, run.get(name)) for name in ("epochs_done", "epochs"))
        texts.append(done if run.get("finished", True) else f"{done}/{epochs}")
    roles = ["" if run.get("finished", True) else "warning" for run in runs]
    return [Marked(each) for each in zip(_right(texts), roles, strict=True)]


def _best_accuracies(runs: Sequence[Summary]) -> list[str]:
    """With a star beside the best of several runs that can be compared."""
    groups = [tuple(run.get(name) for name in ("topic", "data", "measure")) for run in runs]
    sizes = Counter(groups)
    best: dict[tuple[Any, ...], float] = {}
    for group, run in zip(groups, runs, strict=True):
        best[group] = max(best.get(group, 0.0), run.get("best_accuracy", 0.0))
    texts = _right([_accuracy(run.get("best_accuracy")) for run in runs])
    marked = [
        sizes[group] > 1 and run.get("best_accuracy") == best[group]
        for group, run in zip(groups, runs, strict=True)
    ]
    return [_starred(text, each) for text, each in zip(texts, marked, strict=True)]


def _starred(text: str, is_best: bool) -> str:
    return Marked((text + STAR, "best")) if is_best else text + " " * len(STAR)


def settings(document: dict[str, Any], said: Summary) -> Iterator[Table]:
    """What the run was made with and on, and what came out, but what is ``said`` elsewhere."""
    told = {*said, "wall_seconds", said.get("measure")}
    for title, part in (
        ("Configuration", "config"),
        ("Machine", "environment"),
        ("Result", "result"),
    ):
        rows = [
            (name.replace("_", " "), written(name, value))
            for name, value in document[part].items()
            if isinstance(value, int | float | str) and name not in told
        ]
        if rows:
            yield Table(title, ("name", "value"), rows)


def history(rows: Sequence[dict[str, Any]], said: Summary, width: int) -> Table:
    """The epochs, or some of many, the best one marked."""
    best = said.get("best_epoch")
    shown = [row for row in rows if _is_shown(row, rows, best)]
    columns: Columns = {}
    for name in rows[0]:
        cells = _right([_value(name, row.get(name)) for row in shown])
        if name == said.get("measure"):
            cells = [
                _starred(cell, row["epoch"] == best) for cell, row in zip(cells, shown, strict=True)
            ]
        heading = name.replace("_accuracy", "_acc.").replace("_seconds", "_s")
        columns[heading.replace("_", " ")] = cells
    return _table("History", _fitting(columns, SECONDARY, width))


def _is_shown(row: dict[str, Any], rows: Sequence[dict[str, Any]], best: int | None) -> bool:
    epoch, count = row["epoch"], len(rows)
    if count <= ROWS or epoch == best or row is rows[0] or row is rows[-1]:
        return True
    if count > MANY:
        return is_round(epoch)
    return bool(epoch % -(-count // ROWS) == 0)


def confusions(cells: Sequence[Sequence[int]], classes: Sequence[str], width: int) -> Table:
    """The matrix where it fits, else the most frequent confusions."""
    if len(classes) <= MATRIX:
        columns: Columns = {"": list(classes)}
        for predicted, name in enumerate(classes):
            counts = _right([_value("count", row[predicted] or None, "") for row in cells])
            columns[name] = [
                Marked((count, "good" if true == predicted else "bad"))
                for true, count in enumerate(counts)
            ]
        if _width(columns) <= width:
            return _table("Confusion: true down, predicted across", columns)
    wrong = [
        (cell, true, predicted)
        for true, row in enumerate(cells)
        for predicted, cell in enumerate(row)
        if cell and true != predicted
    ]
    frequent = sorted(wrong, reverse=True)[:MAX_CONFUSIONS]
    return _table(
        "The most frequent confusions",
        {
            "true": [classes[true] for _, true, _ in frequent],
            "predicted": [classes[predicted] for _, _, predicted in frequent],
            "times": _right([_value("count", cell) for cell, _, _ in frequent]),
        },
    )


def per_class(found: Sequence[dict[str, Any]]) -> Table:
    """Precision, recall and F1."""
    columns: Columns = {"class": [each["class"] for each in found]}
    for heading, name in (
        ("samples", "samples"),
        *((each, each.lower()) for each in ("precision", "recall", "F1")),
    ):
        columns[heading] = _right([_value(name, each[name]) for each in found])
    return _table("Class by class", columns)


def compared(
    runs: Sequence[Summary], differing: dict[str, list[Any]], width: int
) -> Iterator[Table]:
    """A row per run: what came out, and the settings that differ, in as many tables as it takes."""
    outcome: Columns = {}
    if any("measure" in run for run in runs):
        outcome["best"] = _best_accuracies(runs)
        for name in ("best_epoch", "last_accuracy"):
            values = [_value(name, run.get(name)) for run in runs]
            outcome[name.replace("_accuracy", "").replace("_", " ")] = _right(values)
    if not all(run["finished"] for run in runs):
        outcome["epochs done"] = _right([written("count", run["epochs_done"]) for run in runs])
    outcome["seconds"] = _right([_value("seconds", run["seconds"]) for run in runs])
    columns = outcome | {
        name.replace("_", " "): _setting(name, values) for name, values in differing.items()
    }
    title, names = "What came out, and what differs", _names(runs)
    part: Columns = {"run": names}
    for heading, cells in columns.items():
        if len(part) > 1 and _width(part | {heading: cells}) > width:
            yield _table(title, part)
            title, part = "What differs besides", {"run": names}
        part[heading] = cells
    yield _table(title, part)


def _setting(name: str, values: Sequence[Any]) -> list[str]:
    cells = [_value(name, each, "") for each in values]
    is_text = any(isinstance(each, bool | str) for each in values)
    return cells if is_text else _right(cells)


def _accuracy(value: float | None) -> str:
    return _value("accuracy", value)


def _value(name: str, value: Any, nothing: str = NOTHING) -> str:
    return nothing if value is None else written(name, value)


def _right(cells: Sequence[str]) -> list[str]:
    """Numbers below each other, their decimal points too."""
    parts = [cell.partition(".") for cell in cells]
    before = max((len(whole) for whole, _, _ in parts), default=0)
    after = max((len(point + rest) for _, point, rest in parts), default=0)
    return [whole.rjust(before) + (point + rest).ljust(after) for whole, point, rest in parts]


def _fitting(columns: Columns, droppable: Sequence[str], width: int) -> Columns:
    """Without as many of the droppable columns, in this order, as there is no room for."""
    kept = dict(columns)
    for heading in droppable:
        if _width(kept) <= width:
            break
        kept.pop(heading, None)
    return kept


def _width(columns: Columns) -> int:
    """In cells: a Chinese character is two cells wide."""
    from rich.cells import cell_len

    widths = [max(map(cell_len, [translate(name), *cells])) for name, cells in columns.items()]
    return sum(widths) + GAP * (len(widths) - 1)


def _table(title: str, columns: Columns) -> Table:
    return Table(title, tuple(columns), list(zip(*columns.values(), strict=True)))

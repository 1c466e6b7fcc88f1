"""Whether a run's document has what a run has. No torch here."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.runs import document as documents
from ptnotes.runs.document import Document

DEPTH = 6  # of lists and objects in each other
WHOLE = 1 << 63  # larger numbers are no count of anything
MEASURES = ("loss", "accuracy", "seconds")  # endings of the names that have a number
NAMES = ("recipe", "arch", "cell", "via", "data")


def read(directory: Path) -> Document:
    """``document.read``, for a document that can be shown and predicted with. Raises DataError.

    The checksum finds damage; a document with a right one can still be of another program.
    """
    return check(documents.read(directory), directory / documents.DOCUMENT)


def check(document: Document, path: Path) -> Document:
    """The document, if it has what a run has. Raises DataError, which names ``path``."""
    for what in misfits(document):
        raise DataError(f"{path} was not written by ptnotes, or by a later version: {what}")
    return document


def misfits(document: Document) -> Iterator[str]:
    """What isn't as ptnotes writes it."""
    if not _is_plain(document, DEPTH):
        yield "a value is too large, too deep or not finite"
        return
    config, run, history = document["config"], document["run"], document["history"]
    for part in ("config", "environment"):
        if any(isinstance(value, dict | list) for value in document[part].values()):
            yield part
    files = document.get("data_files", {})
    if not isinstance(files, dict) or not _is_list([*files.values()], str):
        yield "data_files"
    if not _is_count(config.get("epochs")) or not _is_count(config.get("seed", 0)):
        yield "epochs or seed"
    if not all(isinstance(config.get(name, ""), str) for name in NAMES) or "recipe" not in config:
        yield " or ".join(NAMES)
    if not (isinstance(run.get("date"), str) and _is_number(run.get("wall_seconds"))):
        yield "date or wall_seconds"
    classes = run.get("classes")
    if not _is_list(classes, str) or not isinstance(run.get("finished"), bool):
        yield "classes or finished"
    elif not _is_list(history, dict) or not all(map(_is_row, history)):
        yield "history"
    elif "confusion" in document["result"] and not _is_judged(document["result"], len(classes)):
        yield "confusion or per_class"


def _is_plain(value: Any, depth: int) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -WHOLE <= value < WHOLE
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return True
    return depth > 0 and all(_is_plain(each, depth - 1) for each in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 0


def _is_list(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(each, kind) for each in value)


def _is_row(row: dict[str, Any]) -> bool:
    return (
        _is_count(row.get("epoch"))
        and row["epoch"] > 0
        and not any(isinstance(value, dict | list) for value in row.values())
        and all(_is_number(value) for name, value in row.items() if name.endswith(MEASURES))
    )


def _is_judged(result: dict[str, Any], size: int) -> bool:
    cells, judged = result["confusion"], result.get("per_class", 0)
    return (
        size > 0
        and _is_list(cells, list)
        and len(cells) == size
        and all(len(row) == size and all(map(_is_count, row)) for row in cells)
        and _is_list(judged, dict)
        and all(isinstance(each.get("class"), str) and "samples" in each for each in judged)
        and all(
            name in each and (each[name] is None or _is_number(each[name]))
            for each in judged
            for name in ("precision", "recall", "f1")
        )
    )

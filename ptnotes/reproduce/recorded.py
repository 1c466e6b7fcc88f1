"""A document that is to be run again: read, checked, and its options. Nothing in it is executed."""

import dataclasses
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from ptnotes.errors import DataError
from ptnotes.files import read_file
from ptnotes.runs import document as documents
from ptnotes.runs import schema
from ptnotes.runs.document import Document
from ptnotes.runs.older import completed
from ptnotes.topics import TRAINED

PARTS = ("config", "environment", "result")
# what a saved run's document has besides
SAVED = {"date": "", "wall_seconds": 0, "finished": True, "classes": []}


def read(path: Path) -> Document:
    """A run's directory, its run.json, or what ``--json`` has printed; with a history.

    Raises DataError for what none of these is, for a damaged one, for one of a command that trains
    nothing, and for one that has neither history nor result.
    """
    document = schema.read(path) if os.path.isdir(path) else _read_file(path)
    if document["topic"] not in TRAINED:
        raise DataError(
            f"{path} is of '{document['topic']}': only runs of {', '.join(TRAINED)} are made again"
        )
    if not (document["history"] or measured(document)["result"]):
        raise DataError(f"{path} has no history and no result to compare with")
    return document


def _read_file(path: Path) -> Document:
    try:
        content = read_file(path)
        document: Any = json.loads(content)
    except OSError as error:
        raise DataError(f"{path} can't be read: {os.strerror(error.errno or 0)}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is damaged, or was not written by ptnotes") from error
    if isinstance(document, dict) and "run" in document:
        return schema.check(documents.decode(content, path), path)
    if not (
        isinstance(document, dict)
        and isinstance(document.get("topic"), str)
        and all(isinstance(document.get(part), dict) for part in PARTS)
    ):
        raise DataError(f"{path} is damaged, or was not written by ptnotes")
    found: Document = {"history": []} | document
    # its confusion matrix is only compared, cell by cell
    result = {name: each for name, each in found["result"].items() if name != "confusion"}
    schema.check(found | {"run": SAVED, "result": result}, path)
    return found


def options_of(document: Document) -> dict[str, Any]:
    """The options with which the document's run is made again: all that its configuration says.

    What it doesn't say is as it was before there was an option for it, else the recipe's.
    """
    from ptnotes.topics import module
    from ptnotes.topics.options import settings

    lesson: ModuleType = module(document["topic"])
    fields = {field.name for field in dataclasses.fields(lesson.Recipe)} - {"name"}
    taken = {"recipe", "seeds"} | fields | (settings(lesson) - {"threads", "data_dir"})
    if document["config"].get("folds") and "runs" in document["result"]:
        taken -= {"fold"}  # of all folds it names the first
    config = completed(document["topic"], document["config"])
    return {name: value for name, value in config.items() if name in taken}


def unusable(path: Path, error: Exception) -> DataError:
    """For a configuration that can't be run."""
    return DataError(f"{path}: its configuration can't be run: {error}")


def is_unfinished(document: Document) -> bool:
    """Whether the run was interrupted."""
    saved = document.get("run", {})
    return not saved.get("finished", True) or document["result"].get("interrupted") is True


def rows_of(document: Document) -> list[Any]:
    """The history, or of several seeds a row for each."""
    found = document["result"].get("runs", document["history"])
    return found if isinstance(found, list) else []


def measured(document: Document) -> Document:
    """The document without what says that the run was interrupted."""
    result = {name: each for name, each in document["result"].items() if name != "interrupted"}
    return document | {"result": result}

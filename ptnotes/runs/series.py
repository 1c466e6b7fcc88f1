"""Runs that differ in their seed or fold alone, each saved in a directory of its own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Result, Row
from ptnotes.runs import document as documents
from ptnotes.runs import schema
from ptnotes.runs.checkpoint import load_checkpoint
from ptnotes.runs.document import Document
from ptnotes.runs.older import completed


@dataclass(frozen=True)
class SavedRow(Row):
    """A row of a saved run's history."""

    values: dict[str, Any]

    def record(self) -> dict[str, Any]:
        """As it was recorded."""
        return self.values


def check_places(out: Path, places: Sequence[Path], *, resume: bool, force: bool) -> None:
    """Raises UsageError, before anything runs, where a run would be lost or hidden."""
    if documents.holds_run(out):
        raise UsageError(f"{out} holds a single run: take another --out")
    for place in places if not (resume or force) else ():
        if documents.holds_run(place):
            raise UsageError(
                f"{place} already holds a run: --resume continues it, --force replaces it"
            )


def common_options(places: Sequence[Path], names: Collection[str]) -> dict[str, Any]:
    """Those options, of ``names``, that the first saved run has; none where none is saved.

    Raises DataError.
    """
    for place in places:
        if documents.holds_run(place):
            config = _config(place)
            return {name: value for name, value in config.items() if name in names}
    return {}


def _config(place: Path) -> dict[str, Any]:
    """A kill can leave the checkpoint alone."""
    if documents.DOCUMENT in documents.files_in(place):
        found = schema.read(place)
    else:
        found = load_checkpoint(place / documents.CHECKPOINT)
    return completed(found["topic"], found["config"])


def finished(place: Path, topic: str, options: Mapping[str, Any]) -> Document | None:
    """The document of a run that is finished with these options, if it is in ``place``.

    Raises DataError.
    """
    if documents.DOCUMENT not in documents.files_in(place):
        return None
    found = schema.read(place)
    config = completed(found["topic"], found["config"])
    same = all(config[name] == value for name, value in options.items() if name in config)
    return found if found["topic"] == topic and found["run"]["finished"] and same else None


def events_of(document: Document) -> Iterator[Event]:
    """What a finished run has yielded, as far as it is recorded."""
    history = document["history"]
    yield Header(
        document["topic"],
        document["config"],
        document["environment"],
        len(history),
        tuple(document["run"]["classes"]),
        command=document.get("command"),
        data_files=document.get("data_files", {}),
    )
    yield from map(SavedRow, history)
    yield Result(document["result"])

"""Saving a run while its events pass.

Only ``checkpoint.pt`` decides where a run is resumed. It is written first, atomically, and all
other files are written from it again then: a kill between two of them loses nothing.
"""

import contextlib
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError, PtnotesError
from ptnotes.events import EpochRow, Event, Header, MisclassifiedImages, Result, RunRecord, Snapshot
from ptnotes.files import atomic_write
from ptnotes.plots import classification, curves, figure
from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn
from ptnotes.runs import document
from ptnotes.runs.checkpoint import save_checkpoint
from ptnotes.runs.directory import new_run
from ptnotes.runs.resume import Checkpoint

SECONDS = 1.0  # between two checkpoints, where an epoch is a single update
SHARE = 1 / 30  # of the time that saving may take there


def record_run(
    events: Iterable[Event],
    directory: Path,
    *,
    saved: Checkpoint | None = None,
    theme: str = "light",
) -> Iterator[Event]:
    """Pass events on and save the run in ``directory`` after every epoch.

    The directory is locked (``directory.lock_run``). Runs whose epochs are single updates are saved
    once a second, and at the end. ``saved`` is the checkpoint that the run is resumed from,
    ``theme`` that of its pictures. Raises DataError if a file can't be written.
    """
    writer: Writer | None = None
    try:
        for event in events:
            if isinstance(event, Header):
                writer = Writer(directory, saved, theme)
            if writer:
                writer.take(event)
            yield event
    except BaseException:  # an interruption too
        if writer:
            with contextlib.suppress(PtnotesError):
                writer.draw_picture()
        raise


class Writer:
    """The files of one run, as far as it has come."""

    def __init__(self, directory: Path, saved: Checkpoint | None, theme: str) -> None:
        self.directory, self.record, self.theme = directory, RunRecord(), theme
        self.date = saved["date"] if saved else datetime.now(UTC).isoformat(timespec="seconds")
        self.best: dict[str, Any] | None = saved["best"] if saved else None
        self._new, self._wall_seconds = saved is None, 0.0
        self._saved_at = self._cost = 0.0

    def take(self, event: Event) -> None:
        """Save what an event adds to the run."""
        self.record.add(event)
        match event:
            case Snapshot() if self._is_due():
                started = time.perf_counter()
                with new_run(self.directory) if self._new else nullcontext(self.directory) as place:
                    self._save(event.state(), place)
                self._new = False
                self._saved_at = time.perf_counter()
                self._cost = self._saved_at - started
            case MisclassifiedImages() if event.places:
                title = curves.title_of(self.record.document())
                self._draw(document.MISTAKES, classification.misclassified, event, title)
            case Result():
                self._write_document(self.directory)
                self.draw_picture()
                if "confusion" in event.values:
                    content, classes = self.record.document(), self.record.header.classes
                    self._draw(document.CONFUSION, classification.confusion_of, content, classes)

    def _is_due(self) -> bool:
        """Always after an epoch, at the start and at the end; else so that it costs little."""
        rows = self.record.rows
        if not rows or isinstance(rows[-1], EpochRow) or len(rows) == self.record.header.rows:
            return True
        return time.perf_counter() - self._saved_at >= max(SECONDS, self._cost / SHARE)

    def _save(self, training: dict[str, Any], place: Path) -> None:
        if best := training.get("best"):
            self.best = {name: value for name, value in best.items() if name != "model"}
        header = self.record.header
        checkpoint = {
            "format": document.FORMAT,
            "topic": header.topic,
            "config": header.config,
            "environment": header.environment,
            "date": self.date,
            "best": self.best,
            "training": training,
        }
        _write(place / document.CHECKPOINT, save_checkpoint(checkpoint))
        _write(place / document.MODEL, save_checkpoint((best or training)["model"]))
        _write(place / document.METRICS, document.metrics_csv(self.record.history()))
        self._wall_seconds = training["wall_seconds"]
        self._write_document(place)

    def _write_document(self, place: Path) -> None:
        run: dict[str, Any] = {"format": document.FORMAT, "date": self.date}
        run["wall_seconds"] = self._wall_seconds
        run["finished"] = self.record.result is not None
        run["classes"] = list(self.record.header.classes)
        if self.best:
            run["best"] = self.best
        content = self.record.document() | {"run": run}
        _write(place / document.DOCUMENT, document.encode(content))

    def draw_picture(self) -> None:
        if self.record.rows:
            self._draw(document.CURVE, picture, self.record.document())

    def _draw(self, name: str, draw: Any, *arguments: Any) -> None:
        figure.save(drawn(self.theme, draw, *arguments), self.directory / name)


def _write(path: Path, content: bytes) -> None:
    atomic_write(path, lambda temporary: temporary.write_bytes(content))


def copy_run(source: Path, target: Path) -> None:
    """Copy the files of a saved run into a locked directory, in place of those of a run there.

    Raises DataError if there is no run to copy, or a file can't be read or written.
    """
    names = document.files_in(source)
    if document.DOCUMENT not in names:
        raise DataError(f"{source} holds no run any more")
    with new_run(target) as place:
        for name in reversed(names):  # run.json last
            atomic_write(place / name, partial(shutil.copyfile, source / name))

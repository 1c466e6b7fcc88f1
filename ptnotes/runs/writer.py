"""Saving a run while its events pass.

``checkpoint.pt`` alone decides where a run goes on. It is written first, in one step, and all other
files are written from it again when the run is resumed: a kill between two of them does no harm.
"""

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError, PtnotesError, UsageError
from ptnotes.console.render import document_of, record_of
from ptnotes.events import EpochRow, Event, Header, Mistakes, Result, Row, Snapshot
from ptnotes.runs import document as documents
from ptnotes.plots import curves as pictures
from ptnotes.runs.checkpoint import seal
from ptnotes.engine.state import State
from ptnotes.files import PREFIX, alone, write_whole

SECONDS = 1.0  # between two savings, where an epoch is a single update
SHARE = 1 / 30  # of the time that saving may take there
SHARE_OF_DRAWING = 1 / 100  # of the time that drawing the curve may take, while the run goes on
FIRST_DRAWING = 0.8  # seconds, most of them for importing matplotlib


def record(
    events: Iterable[Event],
    directory: Path,
    *,
    saved: State | None = None,
    save_best: bool = False,
) -> Iterator[Event]:
    """Pass events on and save the run in ``directory`` after every epoch.

    Runs whose epochs are single updates are saved once a second, and at the end. ``saved`` is the
    checkpoint that the run goes on from. Raises DataError if a file can't be written.
    """
    writer: Writer | None = None
    try:
        for event in events:
            match event:
                case Header():
                    writer = Writer(directory, event, saved, save_best)
                case Row() if writer:
                    writer.rows.append(event)
                case Snapshot() if writer:
                    writer.take(event)
                case Mistakes() if writer:
                    writer.draw_mistakes(event)
                case Result() if writer:
                    writer.finish(event)
            yield event
    except BaseException:  # an interruption too
        if writer:
            with contextlib.suppress(PtnotesError):
                writer.draw_curve()
        raise
    finally:
        if writer:
            writer.lock.close()


class Writer:
    """The files of one run, as far as it has come."""

    def __init__(
        self, directory: Path, header: Header, saved: State | None, save_best: bool
    ) -> None:
        self.directory, self.header = directory, header
        self.rows: list[Row] = []
        self.date = saved["date"] if saved else datetime.now(UTC).isoformat(timespec="seconds")
        self.save_best = save_best or bool(saved and saved["save_best"])
        self.best: dict[str, Any] | None = saved["best"] if saved else None
        if save_best and saved and not saved["save_best"]:
            raise UsageError(f"{directory} was begun without --save-best: go on without it")
        self.lock = contextlib.ExitStack()
        self._fresh, self._wall_seconds = saved is None, 0.0
        if saved:
            self._take_place()
        self._saved_at = self._cost = 0.0
        self._drawn_at, self._cost_of_drawing = time.perf_counter(), FIRST_DRAWING

    def take(self, snapshot: Snapshot) -> None:
        """Save the training as it stands, if it is time to."""
        started = time.perf_counter()
        single_updates = self.rows and not isinstance(self.rows[-1], EpochRow)
        if single_updates and len(self.rows) != self.header.rows:
            if started - self._saved_at < max(SECONDS, self._cost / SHARE):
                return
        if self._fresh and not self.rows:
            self._begin(snapshot)
        else:
            self._save(snapshot.state())
        self._saved_at = time.perf_counter()
        self._cost = self._saved_at - started
        if self._saved_at - self._drawn_at >= self._cost_of_drawing / SHARE_OF_DRAWING:
            self.draw_curve()

    def _begin(self, snapshot: Snapshot) -> None:
        """The first saving; what an earlier run has left goes when it has succeeded."""
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            self._take_place()
            aside = Path(tempfile.mkdtemp(prefix=PREFIX, dir=self.directory))
        except OSError as error:
            raise DataError(f"{self.directory} can't be written: {error.strerror}") from error
        earlier = documents.files_in(self.directory)
        try:
            for name in earlier:
                os.replace(self.directory / name, aside / name)
            self._save(snapshot.state())
        except BaseException:
            for name in documents.files_in(aside):
                os.replace(aside / name, self.directory / name)
            raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _take_place(self) -> None:
        """Keep other processes out, and remove what killed ones have left half-written."""
        self.lock.enter_context(alone(self.directory))
        for left in self.directory.glob(f"{PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)

    def _save(self, training: State) -> None:
        model = seal(training["model"])
        if self._is_best():
            self._write(documents.BEST, model)
        checkpoint = {
            "format": documents.FORMAT,
            "topic": self.header.topic,
            "config": self.header.config,
            "environment": self.header.environment,
            "date": self.date,
            "save_best": self.save_best,
            "best": self.best,
            "training": training,
        }
        self._write(documents.CHECKPOINT, seal(checkpoint))
        self._write(documents.MODEL, model)
        history = [record_of(row) for row in self.rows]
        self._write(documents.METRICS, documents.metrics(history))
        self._wall_seconds = training["wall_seconds"]
        self._write_document(history, {})

    def _is_best(self) -> bool:
        """Whether the last epoch's accuracy is above all before it; notes it if so."""
        last = self.rows[-1] if self.rows else None
        if not self.save_best or not isinstance(last, EpochRow):
            return False
        measure = "train_accuracy" if last.test_accuracy is None else "test_accuracy"
        accuracy = getattr(last, measure)
        if self.best is not None and accuracy <= self.best[measure]:
            return False
        self.best = {"epoch": last.epoch, measure: accuracy}
        return True

    def _write_document(self, history: list[dict[str, Any]], result: dict[str, Any]) -> None:
        run: dict[str, Any] = {"format": documents.FORMAT, "date": self.date}
        run["wall_seconds"] = self._wall_seconds
        run |= {"finished": bool(result), "classes": list(self.header.classes)}
        if self.best:
            run["best"] = self.best
        document = document_of(self.header, history, result) | {"run": run}
        self._write(documents.DOCUMENT, documents.written(document))

    def finish(self, result: Result) -> None:
        """The result, and the pictures that belong to it."""
        self._write_document([record_of(row) for row in self.rows], result.values)
        self.draw_curve()
        if "confusion" in result.values:
            figure = pictures.confusion(result.values["confusion"], self.header.classes)
            pictures.save(figure, self.directory / documents.CONFUSION)

    def draw_curve(self) -> None:
        if not self.rows:
            return
        started = time.perf_counter()
        figure = pictures.curve([record_of(row) for row in self.rows], self.header.topic)
        pictures.save(figure, self.directory / documents.CURVE)
        self._drawn_at = time.perf_counter()
        self._cost_of_drawing = self._drawn_at - started

    def draw_mistakes(self, event: Mistakes) -> None:
        if event.places:
            pictures.save(pictures.mistakes(event), self.directory / documents.MISTAKES)

    def _write(self, name: str, content: bytes) -> None:
        write_whole(self.directory / name, lambda place: place.write_bytes(content))

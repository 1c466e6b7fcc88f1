"""The numbers of a run for TensorBoard, written while its events pass: ``--log-dir``."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.errors import DataError
from ptnotes.events import Event, Header, Row, RunRecord, SeedRows

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

PARTS, MEASURES = ("train", "val", "test"), ("loss", "accuracy", "seconds")


def check(directory: Path) -> None:
    """Raises DataError, before the work, without TensorBoard or where nothing can be written."""
    try:
        import torch.utils.tensorboard  # noqa: F401
    except ImportError as error:
        raise DataError(
            "--log-dir writes with TensorBoard's package: pip install tensorboard"
        ) from error
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        what = os.strerror(error.errno or 0)
        raise DataError(f"{directory} can't be written: {what}") from error


def with_scalars(events: Iterable[Event], directory: Path) -> Iterator[Event]:
    """Pass a run's events on; every number of a row becomes a scalar, whose step is the row's.

    A directory is for one run: what an earlier one left there is hidden, and a resumed one is
    written again from its start. Several seeds have a directory each below it, ``seed-0``, …
    Raises DataError if a file can't be written.
    """
    record = RunRecord()
    with _writing(directory) as writer:
        for event in record.follow(events):
            single = record.header.records == "history"
            match event:
                case Header():
                    config = json.dumps(event.config, ensure_ascii=False, indent=1)
                    writer.add_text("config", f"```\n{config}\n```")
                case SeedRows():
                    over = "fold" if "folds" in record.header.config and not single else "seed"
                    with _writing(directory / f"{over}-{event.seed}") as own:
                        for step, row in enumerate(event.rows, start=1):
                            _add(own, row, step)
                case Row() if single:
                    _add(writer, event, len(record.rows))
            yield event


@contextlib.contextmanager
def _writing(directory: Path) -> "Iterator[SummaryWriter]":
    from torch.utils.tensorboard import SummaryWriter

    try:
        with SummaryWriter(str(directory), purge_step=1) as writer:
            yield writer
    except OSError as error:
        what = os.strerror(error.errno or 0)
        raise DataError(f"{directory} can't be written: {what}") from error


def _add(writer: "SummaryWriter", row: Row, step: int) -> None:
    for name, value in row.record().items():
        if isinstance(value, int | float) and name != "epoch":
            writer.add_scalar(tag(name), value, step)


def tag(name: str) -> str:
    """``train_loss`` → ``loss/train``: TensorBoard draws what is alike side by side."""
    part, _, measure = name.partition("_")
    return f"{measure}/{part}" if part in PARTS and measure in MEASURES else name

"""A run's directory: locked, and replaced as a whole.

A new run is written beside the old one. When it is complete, one rename makes it the run; what is
left to do then can be done at any time, by whoever locks the directory next.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.files import LOCK, TEMPORARY, exclusive_lock
from ptnotes.runs.document import FILES, files_in, holds_run

COMPLETE = ".replacement"  # a new run's files; the old ones are to be removed
MOVING = ".replacing"  # the old ones are gone, the new ones are to be moved to their places


@contextmanager
def lock_run(directory: Path) -> Iterator[None]:
    """Lock other processes out of a directory, which is made if it isn't there.

    What a killed process began is finished or removed first. Nothing of the directory stays if no
    run was saved in it. Raises DataError.
    """
    with _made(directory), exclusive_lock(directory):
        try:
            _finish(directory)
            for left in directory.glob(f"{TEMPORARY}*"):
                shutil.rmtree(left, ignore_errors=True)
            yield
        finally:
            if not holds_run(directory):
                with contextlib.suppress(OSError):  # Windows removes no open file
                    (directory / LOCK).unlink()


@contextmanager
def _made(directory: Path) -> Iterator[None]:
    """The directory and those above it; those that were made here and are empty are removed."""
    missing = [each for each in (directory, *directory.parents) if not os.path.lexists(each)]
    with _named(directory):
        directory.mkdir(parents=True, exist_ok=True)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # it isn't empty
            for each in missing:
                each.rmdir()


@contextmanager
def new_run(directory: Path) -> Iterator[Path]:
    """Where to write the first files of a run; they replace those of a run that is there.

    Until they are complete the old run stays as it is. Raises DataError.
    """
    if not files_in(directory):
        yield directory
        return
    with _named(directory), tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=directory) as beside:
        new = Path(beside) / "run"
        new.mkdir()
        yield new
        os.replace(new, directory / COMPLETE)
        _finish(directory)


def _finish(directory: Path) -> None:
    """Put a complete new run in its place. Each step can be repeated. Raises DataError."""
    complete, moving = directory / COMPLETE, directory / MOVING
    with _named(directory):
        if complete.is_dir():
            for name in FILES:  # run.json first: without it, nobody takes the rest for a run
                (directory / name).unlink(missing_ok=True)
            os.replace(complete, moving)
        if moving.is_dir():
            for name in reversed(files_in(moving)):
                os.replace(moving / name, directory / name)
            moving.rmdir()


@contextmanager
def _named(directory: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataError(f"{directory} can't be written: {error.strerror or error}") from error

"""Atomic writes and locks: a file has its name only when it is complete and on the disk."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ptnotes.errors import DataError

TEMPORARY = ".writing-"  # prefix of the temporary directories; a killed process leaves its own
LOCK = ".lock"


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it. Raises DataError."""
    try:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent) as directory:
            temporary = Path(directory) / path.name
            write(temporary)
            with temporary.open("rb+") as file:  # else a power cut can leave an empty file
                os.fsync(file.fileno())
            os.replace(temporary, path)
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}") from error


def check_writable(path: Path) -> None:
    """Raises DataError, before the work, if no file can be written at ``path``."""
    if os.path.isdir(path):  # Path.is_dir raises where a directory can't be entered
        raise DataError(f"{path} is a directory")
    if not os.path.isdir(path.parent):
        raise DataError(f"{path} can't be written: there is no directory {path.parent}")
    try:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent):
            pass
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror}") from error


@contextmanager
def exclusive_lock(directory: Path) -> Iterator[None]:
    """Inside, another process that asks for the same directory gets a DataError.

    The operating system releases the lock when the process ends, however it does.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(directory / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataError(f"another process is writing to {directory}") from error
    except OSError as error:
        raise DataError(f"{directory} can't be written: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()

"""Files that have their name only when they are whole, and on the disk."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ptnotes.errors import DataError

PREFIX = ".writing-"  # of what a killed process leaves behind


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then give it its name. Raises DataError."""
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=path.parent) as directory:
            place = Path(directory) / path.name
            write(place)
            with place.open("rb+") as file:  # else a power cut can leave a name without content
                os.fsync(file.fileno())
            os.replace(place, path)
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}") from error


def check_place(path: Path) -> None:
    """Raises DataError, before the work, if a file can't come to lie at ``path``."""
    if os.path.isdir(path):  # Path.is_dir raises where a directory can't be entered
        raise DataError(f"{path} is a directory")
    if not os.path.isdir(path.parent):
        raise DataError(f"{path} can't be written: there is no directory {path.parent}")
    try:
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=path.parent):
            pass
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror}") from error


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Inside, other processes that ask for the same directory get a DataError.

    The system forgets about it when the process ends, however it does. Where there are no such
    locks (Windows, some network file systems) nobody is kept out.
    """
    try:
        import fcntl
    except ImportError:
        yield
        return
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise DataError(f"{directory} can't be read: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DataError(f"another process is writing to {directory}") from error
        except OSError:
            pass
        yield
    finally:
        os.close(descriptor)

"""Files that have their name only when they are whole, and on the disk."""

import os
import tempfile
from collections.abc import Callable
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
    if path.is_dir():
        raise DataError(f"{path} is a directory")
    if not path.parent.is_dir():
        raise DataError(f"{path} can't be written: there is no directory {path.parent}")

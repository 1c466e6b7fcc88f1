"""Files that have their name only when they are whole."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from ptnotes.errors import DataError


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path``, then give it its name. Raises DataError."""
    try:
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as directory:
            place = Path(directory) / path.name
            write(place)
            os.replace(place, path)
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}") from error


def check_place(path: Path) -> None:
    """Raises DataError, before the work, if a file can't come to lie at ``path``."""
    if path.is_dir():
        raise DataError(f"{path} is a directory")
    if not path.parent.is_dir():
        raise DataError(f"{path} can't be written: there is no directory {path.parent}")

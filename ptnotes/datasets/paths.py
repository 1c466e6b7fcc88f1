"""Where the data sets are; a missing file is downloaded."""

import os
from pathlib import Path

from ptnotes.datasets.download import fetch
from ptnotes.datasets.manifest import data_sets
from ptnotes.errors import DataError

DEFAULT_DIRECTORY = Path("data")
PACKAGE = Path(__file__).parents[1]
SAMPLE_PLACES = (
    PACKAGE / "sample",
    PACKAGE.parent / "data" / "sample",
)  # in a wheel, in a checkout


def named_directory(given: Path | None) -> Path | None:
    """The directory that the caller names, or the environment in PTNOTES_DATA."""
    named = os.environ.get("PTNOTES_DATA")
    return given or (Path(named) if named else None)


def data_directory(given: Path | None) -> Path:
    """The directory to read from: the one that is named, which must exist, or ./data.

    Raises DataError if it doesn't exist or is a file.
    """
    given = named_directory(given)
    directory = given or DEFAULT_DIRECTORY
    if directory.exists() and not directory.is_dir():
        raise DataError(f"{directory} is not a directory; --data-dir takes one")
    if given is not None and not directory.exists():
        raise DataError(f"the data directory {directory} does not exist; create it or name another")
    return directory


def sample_directory() -> Path:
    """The small data that this project made itself. Raises DataError if it isn't there."""
    for directory in SAMPLE_PLACES:
        if directory.is_dir():
            return directory
    raise DataError("the sample that ships with ptnotes is missing; install ptnotes again")


def places(path: str) -> tuple[str, ...]:
    """Where a reader looks for a published file, in order: torchvision unpacks IDX files."""
    return (path.removesuffix(".gz"), path) if path.endswith("-ubyte.gz") else (path,)


def data_file(directory: Path, name: str, path: str) -> Path:
    """The file ``path`` of the data set ``name``: unpacked or as published, else downloaded.

    Raises DataError.
    """
    for place in places(path):
        if (directory / place).exists():
            return directory / place
    if directory in SAMPLE_PLACES:  # a real file must not mix with generated ones
        raise DataError(f"{path} is missing from the sample; install ptnotes again")
    data_set = data_sets()[name]
    (file,) = (file for file in data_set.files if file.path == path)
    return fetch(data_set, file, directory)

"""Where the data sets are; a missing file is downloaded."""

import os
import stat
from pathlib import Path

from ptnotes.datasets.download import fetch
from ptnotes.datasets.manifest import data_sets
from ptnotes.errors import DataError, UsageError

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

    Raises DataError if it doesn't exist, is a file, or can't be entered.
    """
    given = named_directory(given)
    directory = given or DEFAULT_DIRECTORY
    if not _is_directory(directory) and given is not None:
        raise DataError(f"the data directory {directory} does not exist; create it or name another")
    return directory


def target_directory(given: Path | None) -> Path:
    """The directory to download to, which need not exist. Raises DataError, UsageError."""
    directory = named_directory(given) or DEFAULT_DIRECTORY
    if _is_directory(directory) and _is_sample(directory):
        raise UsageError(f"{directory} is the sample: no real file must mix with it")
    return directory


def _is_directory(path: Path) -> bool:
    """Whether it exists. Raises DataError if it is a file, or can't be entered."""
    try:
        # the dot is looked for inside: a directory that can't be entered is noticed
        if stat.S_ISDIR(os.stat(os.path.join(path, ".")).st_mode):
            return True
        raise NotADirectoryError
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        raise DataError(f"{path} is not a directory; --data-dir takes one") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} can't be read: {reason}") from error


def sample_directory() -> Path:
    """The small data that this project made itself. Raises DataError if it isn't there."""
    for directory in SAMPLE_PLACES:
        if directory.is_dir():
            return directory
    raise DataError("the sample that ships with ptnotes is missing; install ptnotes again")


def _is_sample(directory: Path) -> bool:
    return any(os.path.realpath(directory) == os.path.realpath(each) for each in SAMPLE_PLACES)


def places(path: str) -> tuple[str, ...]:
    """Where a reader looks for a published file, in order: torchvision unpacks IDX files."""
    return (path.removesuffix(".gz"), path) if path.endswith("-ubyte.gz") else (path,)


def data_file(directory: Path, name: str, path: str) -> Path:
    """The file ``path`` of the data set ``name``: unpacked or as published, else downloaded.

    Raises DataError.
    """
    for place in (directory / each for each in places(path)):
        if os.path.isfile(place):
            return place
        if os.path.exists(place):  # a pipe, say, which would be waited for
            raise DataError(f"{place} is not a regular file; remove it")
    if _is_sample(directory):  # a real file must not mix with generated ones
        raise DataError(f"{path} is missing from the sample; install ptnotes again")
    data_set = data_sets()[name]
    (file,) = (file for file in data_set.files if file.path == path)
    return fetch(data_set, file, directory)

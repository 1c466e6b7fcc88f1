"""Where the data lies, and how what is missing gets there."""

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


def data_directory(given: Path | None) -> Path:
    """The directory to read from: the one given, which must exist, or ./data.

    Raises DataError if it doesn't exist or is a file.
    """
    directory = given or DEFAULT_DIRECTORY
    if directory.exists() and not directory.is_dir():
        raise DataError(f"{directory} is not a directory; --data-dir wants one")
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
    """Where a reader looks for a published file, in this order: torchvision unpacks IDX files."""
    return (path.removesuffix(".gz"), path) if path.endswith("-ubyte.gz") else (path,)


def data_file(directory: Path, name: str, path: str) -> Path:
    """Where ``path`` of the data set ``name`` lies: unpacked or as it is, downloaded if need be.

    Raises DataError.
    """
    for place in places(path):
        if (directory / place).exists():
            return directory / place
    if directory in SAMPLE_PLACES:  # nothing real may get between generated files
        raise DataError(f"{path} is missing from the sample; install ptnotes again")
    data_set = data_sets()[name]
    (file,) = (file for file in data_set.files if file.path == path)
    return fetch(data_set, file, directory)

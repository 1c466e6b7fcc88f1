"""Where the data lies, and how what is missing gets there."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ptnotes.errors import DataError

DEFAULT_DIRECTORY = Path("data")
SMALL_FILES = "https://raw.githubusercontent.com/hunkim/PyTorchZeroToAll/master/data/"


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


def small_file(directory: Path, name: str) -> Path:
    """The path of ``name`` in ``directory``, downloaded if it isn't there. Raises DataError."""
    path = directory / name
    if not path.exists():

        def fetch(into: Path) -> None:
            import torch

            torch.hub.download_url_to_file(SMALL_FILES + name, str(into / name))

        _download(name, directory, fetch)
    return path


def mnist_file(directory: Path, name: str) -> Path:
    """The path of one of MNIST's four files; all four are downloaded if it isn't there.

    The files lie as torchvision keeps them, in MNIST/raw, unpacked or still gzipped.
    Raises DataError.
    """
    raw = Path("MNIST") / "raw"
    for path in (directory / raw / name, directory / raw / f"{name}.gz"):
        if path.exists():
            return path

    def fetch(into: Path) -> None:
        from torchvision.datasets import MNIST

        MNIST(str(into), download=True)

    _download(f"{raw / name}", directory, fetch)
    return directory / raw / name


def _download(what: str, directory: Path, fetch: Callable[[Path], None]) -> None:
    """Let ``fetch`` fill a directory beside the target, then move each file to its place at once.

    Both lie on one file system, so that a file has its name only when it is whole.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".download-", dir=directory) as partial,
            contextlib.redirect_stdout(sys.stderr),  # stdout may be promised to a JSON document
        ):
            fetch(Path(partial))
            for source in sorted(Path(partial).rglob("*")):
                if source.is_file():
                    target = directory / source.relative_to(partial)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(source, target)
    except (OSError, RuntimeError) as error:  # torchvision: RuntimeError when no mirror answers
        reason = " ".join(str(error).split()) or type(error).__name__  # one line
        raise DataError(
            f"{what} is not in {directory.resolve()} and could not be downloaded ({reason}); "
            "if you have it elsewhere, name that directory with --data-dir"
        ) from error

"""The images of data sets by name, downloaded to the data directory where they are missing."""

import contextlib
import http.client
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ptnotes.datasets import mnist
from ptnotes.datasets.download import PARTIAL, absolute, offline
from ptnotes.datasets.paths import data_directory
from ptnotes.errors import DataError

TORCHVISION = {"cifar10": "CIFAR10", "cifar100": "CIFAR100", "svhn": "SVHN"}
DATA_SETS = (*mnist.FOLDERS, *TORCHVISION)
# the axes of their arrays, as ptnotes.stats names them
LAYOUTS: dict[str, Literal["NHW", "NHWC", "NCHW"]] = {
    **dict.fromkeys(mnist.FOLDERS, "NHW"), "cifar10": "NHWC", "cifar100": "NHWC", "svhn": "NCHW",
}  # fmt: skip


def read(name: str, split: str, data_dir: Path | None) -> NDArray[np.uint8]:
    """The images of a data set's "train" or "test" split, with the axes LAYOUTS[name].

    Raises DataError.
    """
    if name in mnist.FOLDERS:
        images, _ = mnist.read_arrays(data_dir, "t10k" if split == "test" else "train", name)
        return images
    if name == "svhn" and importlib.util.find_spec("scipy") is None:
        raise DataError("svhn's files are read with scipy: pip install scipy")

    from torchvision import datasets

    split_option = {"split": split} if name == "svhn" else {"train": split == "train"}
    data_set = getattr(datasets, TORCHVISION[name])
    return np.asarray(_load(data_set, data_directory(data_dir), split_option).data)


def _load(data_set: Callable[..., Any], directory: Path, split_option: dict[str, Any]) -> Any:
    """The data set in the directory, or downloaded to it; torchvision checks it either way."""
    try:
        with contextlib.suppress(RuntimeError):  # missing or incomplete
            return data_set(str(directory), **split_option)
        if offline():
            raise OSError("PTNOTES_OFFLINE is set")
        directory.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=PARTIAL, dir=directory) as partial,
            contextlib.redirect_stdout(sys.stderr),  # stdout may be reserved for a JSON document
        ):
            loaded = data_set(partial, download=True, **split_option)
            for path in sorted(Path(partial).rglob("*")):
                if path.is_file():
                    place = directory / path.relative_to(partial)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(path, place)
        return loaded
    except (OSError, RuntimeError, EOFError, http.client.HTTPException) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{data_set.__name__} is not in {absolute(directory)} and could not be downloaded "
            f"({reason}); if you have it elsewhere, name that directory with --data-dir"
        ) from error

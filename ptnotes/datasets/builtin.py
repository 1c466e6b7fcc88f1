"""The images of data sets by name, downloaded to the data directory where they are missing."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.datasets import mnist
from ptnotes.datasets.paths import data_directory
from ptnotes.errors import DataError

TORCHVISION = {"cifar10": "CIFAR10", "cifar100": "CIFAR100", "svhn": "SVHN"}
DATA_SETS = (*mnist.FOLDERS, *TORCHVISION)


def read(name: str, split: str, data_dir: Path | None) -> NDArray[np.uint8]:
    """The images of a data set's "train" or "test" split, in its own layout. Raises DataError.

    (N, 28, 28) of mnist, fashion-mnist and kmnist, (N, 32, 32, 3) of cifar10 and cifar100,
    (N, 3, 32, 32) of svhn.
    """
    if name in mnist.FOLDERS:
        images, _ = mnist.read_arrays(data_dir, "t10k" if split == "test" else "train", name)
        return images

    from torchvision import datasets

    split_option = {"split": split} if name == "svhn" else {"train": split == "train"}
    data_set = getattr(datasets, TORCHVISION[name])
    return np.asarray(_load(data_set, data_directory(data_dir), split_option).data)


def _load(data_set: Callable[..., Any], directory: Path, split_option: dict[str, Any]) -> Any:
    """The data set in the directory, or downloaded to it; torchvision checks it either way."""
    with contextlib.suppress(RuntimeError):  # missing or incomplete
        return data_set(str(directory), **split_option)
    try:
        if os.environ.get("PTNOTES_OFFLINE", "0") not in ("", "0"):
            raise OSError("PTNOTES_OFFLINE is set")
        directory.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".download-", dir=directory) as partial,
            contextlib.redirect_stdout(sys.stderr),  # stdout may be reserved for a JSON document
        ):
            loaded = data_set(partial, download=True, **split_option)
            for path in sorted(Path(partial).rglob("*")):
                if path.is_file():
                    place = directory / path.relative_to(partial)
                    place.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(path, place)
        return loaded
    except (OSError, RuntimeError, ImportError) as error:  # SVHN is read with scipy
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{data_set.__name__} is not in {directory.resolve()} and could not be downloaded "
            f"({reason}); if you have it elsewhere, name that directory with --data-dir"
        ) from error

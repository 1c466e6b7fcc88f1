"""Data sets by name, downloaded to the data directory where they are missing."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.stats.sources.arrays import Arrays, arrays

LIKE_MNIST = ("mnist", "fashion-mnist", "kmnist")
OF_TORCHVISION = {"cifar10": "CIFAR10", "cifar100": "CIFAR100", "svhn": "SVHN"}
NAMES = (*LIKE_MNIST, *OF_TORCHVISION)


def read(name: str, split: str, data_dir: Path | None) -> Arrays:
    """The images of a data set's "train" or "test" split. Raises DataError."""
    if name in LIKE_MNIST:
        from ptnotes.datasets import mnist

        images, _ = mnist.read(data_dir, "t10k" if split == "test" else "train", name)
        return arrays(name, images.numpy())

    from torchvision import datasets

    from ptnotes.datasets.paths import data_directory

    of_split = {"split": split} if name == "svhn" else {"train": split == "train"}
    data_set = getattr(datasets, OF_TORCHVISION[name])
    return arrays(name, _loaded(data_set, data_directory(data_dir), of_split).data)


def _loaded(data_set: Callable[..., Any], directory: Path, of_split: dict[str, Any]) -> Any:
    """The data set as it lies there, or downloaded; torchvision checks it either way."""
    with contextlib.suppress(RuntimeError):  # it isn't there, or isn't whole
        return data_set(str(directory), **of_split)
    try:
        if os.environ.get("PTNOTES_OFFLINE", "0") not in ("", "0"):
            raise OSError("PTNOTES_OFFLINE is set")
        directory.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=".download-", dir=directory) as partial,
            contextlib.redirect_stdout(sys.stderr),  # stdout may be promised to a JSON document
        ):
            loaded = data_set(partial, download=True, **of_split)
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

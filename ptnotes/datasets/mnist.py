"""MNIST (notes, line 146) and the two sets in its form: 60,000 + 10,000 images, ten classes."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ptnotes.datasets.idx import read_idx
from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.errors import DataError

if TYPE_CHECKING:
    import torch
    from torch import Tensor

CLASSES = 10
FOLDERS = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion-mnist": (
        *("T-shirt/top", "trouser", "pullover", "dress", "coat"),
        *("sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    "kmnist": ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
}


def read(given: Path | None, split: str, name: str = "mnist") -> "tuple[Tensor, Tensor]":
    """``read_arrays`` as tensors, which share the memory."""
    import torch

    images, labels = read_arrays(given, split, name)
    return torch.from_numpy(images), torch.from_numpy(labels)


def read_arrays(
    given: Path | None, split: str, name: str = "mnist"
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images (N, 28, 28) uint8 and labels (N) int64 of ``split``, "train" or "t10k".

    ``name`` is a key of FOLDERS, the folders in which torchvision keeps these sets, in raw/.
    Raises DataError if a file is missing and can't be downloaded, or isn't what it should be.
    """
    directory = data_directory(given)
    images_path, labels_path = (
        data_file(directory, name, f"{FOLDERS[name]}/raw/{split}-{part}-ubyte.gz")
        for part in ("images-idx3", "labels-idx1")
    )
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1).astype(np.int64)
    if len(images) != len(labels):
        raise DataError(f"{images_path} holds {len(images)} images, but {len(labels)} labels")
    if len(images) == 0 or images.shape[1:] != (28, 28):
        raise DataError(f"{images_path} holds images of shape {images.shape}, not 28×28")
    if labels.max() >= CLASSES:
        raise DataError(f"{labels_path} holds the label {labels.max()}, above 9")
    return images, labels


def normalize(images: "Tensor", mean: float, std: float, device: "torch.device") -> "Tensor":
    """(N, 28, 28) uint8 → (N, 1, 28, 28) float32 on the device."""
    return images.to(device).unsqueeze(1).float().div_(255).sub_(mean).div_(std)

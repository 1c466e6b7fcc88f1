"""MNIST (notes, line 146) and the two sets in its form: 60,000 + 10,000 images, ten classes."""

from pathlib import Path

from torch import Tensor

from ptnotes.datasets.idx import read_idx
from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.errors import DataError

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


def read(given: Path | None, split: str, name: str = "mnist") -> tuple[Tensor, Tensor]:
    """Images (N, 28, 28) uint8 and labels (N) int64 of ``split``, "train" or "t10k".

    ``name`` is one of FOLDERS, which is where torchvision keeps these sets, in raw/. Raises
    DataError if a file is missing and can't be downloaded, or isn't what it should be.
    """
    directory = data_directory(given)
    images_path, labels_path = (
        data_file(directory, name, f"{FOLDERS[name]}/raw/{split}-{part}-ubyte.gz")
        for part in ("images-idx3", "labels-idx1")
    )
    images, labels = read_idx(images_path, 3), read_idx(labels_path, 1).long()
    if len(images) != len(labels):
        raise DataError(f"{images_path} holds {len(images)} images, but {len(labels)} labels")
    if len(images) == 0 or images.shape[1:] != (28, 28):
        raise DataError(f"{images_path} holds images of shape {tuple(images.shape)}, not 28×28")
    if labels.max() >= CLASSES:
        raise DataError(f"{labels_path} holds the label {labels.max().item()}, above 9")
    return images, labels

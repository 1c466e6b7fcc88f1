"""Images that lie in one array: .npy, .npz, .pt and IDX files."""

import gzip
import pickle
import zipfile
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError, UsageError
from ptnotes.stats.decode import Item, reason
from ptnotes.stats.per_image import Weight
from ptnotes.stats.tally import Tally, tally_block

BLOCK = 1 << 18  # values counted at once: as int64, which bincount makes of them, 2 MB
DEPTHS = ("uint8", "uint16", "float16", "float32", "float64")


@dataclass(frozen=True)
class Arrays:
    """Images (N, C, H, W) of uint8, uint16 or floats, perhaps still on disk."""

    where: str
    array: NDArray[Any]
    layout: str

    def _name(self, places: Sequence[int], index: int) -> str:
        return f"image {places[index]} of {self.where}"

    def tallies(
        self, places: Sequence[int], details: Weight | None
    ) -> Generator[Tally, None, None]:
        """Count the images at ``places`` block by block."""
        step = max(1, BLOCK // max(1, self.array[0].size))
        for start in range(0, len(places), step):
            chosen = places[start : start + step]
            if isinstance(chosen, range):  # a slice copies nothing
                block = self.array[chosen.start : chosen.stop : chosen.step]
            else:
                block = self.array[list(chosen)]
            yield tally_block(block, partial(self._name, chosen), details)

    def items(self, places: Sequence[int]) -> Iterator[Item]:
        """The same images for Pillow. Raises UsageError if they aren't 8-bit gray or RGB."""
        channels = self.array.shape[1]
        if self.array.dtype != np.uint8 or channels not in (1, 3):
            raise UsageError(
                f"{self.where} holds {channels} channels of {self.array.dtype}: "
                "only 8-bit images of 1 or 3 channels can be converted or resized"
            )
        for index, place in enumerate(places):
            image = np.ascontiguousarray(self.array[place].transpose(1, 2, 0))
            yield Item(self._name(places, index), image[..., 0] if channels == 1 else image)


def arrays(where: str, array: NDArray[Any]) -> Arrays:
    """(N, H, W), (N, C, H, W) or (N, H, W, C) as Arrays.

    The axis of the channels is the shorter one of the second and the last. Raises DataError for
    another number of dimensions, another type, or no pixels.
    """
    if array.ndim not in (3, 4):
        raise DataError(
            f"{where} has the shape {array.shape}; images are (N, H, W), (N, C, H, W) "
            "or (N, H, W, C)"
        )
    if array.dtype.name not in DEPTHS:
        raise DataError(f"{where} holds {array.dtype}; images are {', '.join(DEPTHS)}")
    if array.size == 0:
        raise DataError(f"no images in {where}: its shape is {array.shape}")
    if array.ndim == 3:
        return Arrays(where, array[:, None], "NHW")
    if array.shape[3] < array.shape[1]:
        return Arrays(where, array.transpose(0, 3, 1, 2), "NHWC")
    return Arrays(where, array, "NCHW")


def open_file(path: Path) -> Arrays:
    """The array in a file. Raises DataError."""
    name = path.name.lower()
    try:
        if name.endswith(".npy"):
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        elif name.endswith(".npz"):
            array = _from_npz(path)
        elif name.endswith((".pt", ".pth")):
            array = _from_torch(path)
        else:
            array = _from_idx(path)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} can't be read: {reason(error)}") from error
    return arrays(str(path), array)


def _from_npz(path: Path) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as archive:
        found = {name: archive[name] for name in archive.files}
    images = {name: array for name, array in found.items() if array.ndim >= 3}
    return np.asarray(_the_only_one(path, images))


def _from_torch(path: Path) -> NDArray[Any]:
    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise DataError(
            f"{path} can't be read as tensors alone: {reason(error).split('. ')[0]}"
        ) from error
    if isinstance(loaded, torch.Tensor):
        loaded = {"it": loaded}
    elif isinstance(loaded, list | tuple):
        loaded = dict(enumerate(loaded))
    tensors = {
        str(name): value
        for name, value in (loaded.items() if isinstance(loaded, dict) else ())
        if isinstance(value, torch.Tensor) and value.ndim >= 3
    }
    return numpy_of(_the_only_one(path, tensors))


def numpy_of(tensor: Any) -> NDArray[Any]:
    """A tensor's array; bfloat16, which numpy lacks, as float32, which holds it exactly."""
    import torch

    tensor = tensor.detach().cpu()
    return np.asarray((tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy())


def _the_only_one(path: Path, found: dict[str, Any]) -> Any:
    if len(found) != 1:
        what = f"{len(found)} ({', '.join(found)})" if found else "none"
        raise DataError(f"{path} should hold one array of images, and holds {what}")
    return next(iter(found.values()))


def _from_idx(path: Path) -> NDArray[Any]:
    from ptnotes.datasets.idx import read_idx

    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        dimensions = file.read(4)[3:]
    return np.asarray(read_idx(path, dimensions[0] if dimensions else 0).numpy())

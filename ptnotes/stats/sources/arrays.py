"""Images in arrays: .npy, .npz, .pt and IDX files, and what Python code iterates over."""

import gzip
import pickle
import sys
import zipfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.datasets.idx import read_idx
from ptnotes.errors import DataError, UsageError
from ptnotes.stats.decode import Item, describe_error
from ptnotes.stats.partial import PartialStats, accumulate_block
from ptnotes.stats.per_image import Weight

COUNTED_AT_ONCE = 1 << 18  # values: as int64, which sums over single images need, 2 MB
DTYPES = ("uint8", "uint16", "float16", "float32", "float64")


@dataclass(frozen=True)
class ArraySource:
    """Images (N, C, H, W) of uint8, uint16 or floats, in memory or mapped from a file."""

    where: str
    array: NDArray[Any]

    @property
    def floats(self) -> bool:
        return self.array.dtype.kind == "f"

    def _name(self, places: Sequence[int], index: int) -> str:
        return f"image {places[index]} of {self.where}"

    def partials(
        self, places: Sequence[int], details: Weight | None
    ) -> Generator[PartialStats, None, None]:
        """Count the images at ``places`` block by block."""
        step = max(1, COUNTED_AT_ONCE // max(1, self.array[0].size))
        for start in range(0, len(places), step):
            chosen = places[start : start + step]
            if isinstance(chosen, range):  # a slice copies nothing
                block = self.array[chosen.start : chosen.stop : chosen.step]
            else:
                block = self.array[list(chosen)]
            yield accumulate_block(block, partial(self._name, chosen), details)

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


def array_source(where: str, array: NDArray[Any]) -> ArraySource:
    """(N, H, W), (N, C, H, W) or (N, H, W, C) as an ArraySource.

    The axis of the channels is the shorter one of the second and the last. Raises DataError for
    another number of dimensions, another type, or no pixels.
    """
    if array.ndim not in (3, 4):
        raise DataError(
            f"{where} has the shape {array.shape}; images are (N, H, W), (N, C, H, W) "
            "or (N, H, W, C)"
        )
    if array.dtype.name not in DTYPES:
        raise DataError(f"{where} holds {array.dtype}; images are {', '.join(DTYPES)}")
    if array.size == 0:
        raise DataError(f"no images in {where}: its shape is {array.shape}")
    if array.ndim == 3:
        return ArraySource(where, array[:, None])
    channels_last = array.shape[3] < array.shape[1]
    return ArraySource(where, array.transpose(0, 3, 1, 2) if channels_last else array)


def open_file(path: Path) -> ArraySource:
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
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error
    return array_source(str(path), array)


def _from_npz(path: Path) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as archive:
        found = {name: archive[name] for name in archive.files}
    images = {name: array for name, array in found.items() if array.ndim >= 3}
    return np.asarray(_single_array(path, images))


def _from_torch(path: Path) -> NDArray[Any]:
    import torch

    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError) as error:
        raise DataError(
            f"{path} can't be read as tensors alone: {describe_error(error).split('. ')[0]}"
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
    return _numpy(_single_array(path, tensors))


def _numpy(tensor: Any) -> NDArray[Any]:
    """A tensor's array; bfloat16, which numpy lacks, as float32, which holds it exactly."""
    import torch

    tensor = tensor.detach().cpu()
    return np.asarray((tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy())


def _single_array(path: Path, found: dict[str, Any]) -> Any:
    if len(found) != 1:
        what = f"{len(found)} ({', '.join(found)})" if found else "none"
        raise DataError(f"{path} should hold one array of images, and holds {what}")
    return next(iter(found.values()))


def _from_idx(path: Path) -> NDArray[Any]:
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        dimensions = file.read(4)[3:]
    return read_idx(path, dimensions[0] if dimensions else 0)


def python_items(data: Any) -> Iterator[Item]:
    """PIL images, and blocks (N, C, H, W), of what ``ptnotes.stats.channel_stats`` takes.

    Raises TypeError for what isn't an image, DataError for no pixels or floats outside [0, 1].
    """
    loader = _is_instance(data, "torch.utils.data", "DataLoader")
    batched = loader and data.batch_size is not None
    if not isinstance(data, Iterable):  # a Dataset, which may not raise IndexError at its end
        data = map(data.__getitem__, range(len(data)))
    for number, sample in enumerate(data):
        image = sample[0] if isinstance(sample, tuple | list) else sample
        name = f"{'batch' if batched else 'image'} {number}"
        if not isinstance(image, Image.Image):
            image = _block(image, batched=batched)
            _check_values(image, name)
        yield Item(name, image)


def _is_instance(value: Any, module: str, name: str) -> bool:
    """isinstance without importing a module: who has an instance has imported it already."""
    imported = sys.modules.get(module)
    return imported is not None and isinstance(value, getattr(imported, name))


def _block(sample: Any, *, batched: bool) -> NDArray[Any]:
    """(N, C, H, W). Raises TypeError for what isn't an image or a batch of them."""
    if _is_instance(sample, "torch", "Tensor"):
        array, channels_last = _numpy(sample), False
    elif isinstance(sample, np.ndarray):
        array, channels_last = sample, True
    else:
        raise TypeError(f"{type(sample).__name__} is neither an image, a tensor nor an array")
    if array.ndim == 3 and batched:
        return array[:, None]
    if array.ndim == 2:
        return array[None, None]
    if array.ndim not in (3, 4):
        raise TypeError(f"an image or a batch of them has 2 to 4 dimensions, not {array.shape}")
    if array.ndim == 3:
        array = array[None]
    return array.transpose(0, 3, 1, 2) if channels_last else array


def _check_values(block: NDArray[Any], name: str) -> None:
    if block.dtype.name not in DTYPES:
        raise TypeError(f"{name} holds {block.dtype}; images are {', '.join(DTYPES)}")
    if 0 in block.shape[1:]:
        raise DataError(f"{name} has no pixels: its shape is {block.shape}")
    if block.dtype.kind == "f" and block.size and (block.min() < 0 or block.max() > 1):
        raise DataError(
            f"{name} holds values from {block.min():.4g} to {block.max():.4g}, outside [0, 1]: "
            "they are normalized already; take Normalize out of the transforms, or divide by 255"
        )

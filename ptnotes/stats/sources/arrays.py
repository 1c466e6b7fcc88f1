"""Images in arrays: in memory, and in .npy, .npz, .pt, IDX, HDF5 and zarr files."""

import gzip
import math
import os
import pickle
import warnings
import zipfile
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.datasets.idx import MAX_UNPACKED, read_idx
from ptnotes.errors import DataError, UsageError
from ptnotes.stats.blocks import accumulate_block
from ptnotes.stats.decode import DecodeOptions, describe_error
from ptnotes.stats.items import Item
from ptnotes.stats.layout import IN_FILES, Axes, Layout, nchw_shape, recognize, to_nchw
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import Weight
from ptnotes.stats.sources import chunked
from ptnotes.stats.sources.chunked import ChunkedArray
from ptnotes.stats.sources.named import choose, holds_images
from ptnotes.stats.sources.npy import Header, NpyFile

COUNTED_AT_ONCE = 1 << 18  # values: as int64, which sums over single images need, 2 MB
DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
MAX_IMAGE = 1 << 29  # bytes of one image
MAX_COUNTED_CHANNELS = 512  # of 16 bits, half a megabyte of counts each


@dataclass(frozen=True)
class ArraySource:
    """Images of uint8, uint16 or floats, in memory or in a file, their axes in any layout."""

    where: str
    array: NDArray[Any] | NpyFile | ChunkedArray
    layout: Layout

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """(N, C, H, W)."""
        return nchw_shape(self.layout, self.array.shape)

    @property
    def floats(self) -> bool:
        return self.array.dtype.kind == "f"

    def _name(self, places: Sequence[int], index: int) -> str:
        return f"image {places[index]} of {self.where}"

    def _block(self, places: Sequence[int]) -> NDArray[Any]:
        """The images at ``places`` as (N, C, H, W)."""
        if "N" not in self.layout:
            return to_nchw(self.array[:], self.layout)
        if isinstance(places, range):  # of an array in memory, a slice copies nothing
            return to_nchw(self.array[places.start : places.stop : places.step], self.layout)
        return to_nchw(self.array[list(places)], self.layout)

    def partials(
        self, places: Sequence[int], options: DecodeOptions, details: Weight | None
    ) -> Generator[PartialStats, None, None]:
        """Count the images at ``places`` block by block."""
        step = max(1, COUNTED_AT_ONCE // math.prod(self.shape[1:]))
        for start in range(0, len(places), step):
            chosen = places[start : start + step]
            name = partial(self._name, chosen)
            yield accumulate_block(self._block(chosen), name, options, details)

    def items(self, places: Sequence[int]) -> Iterator[Item]:
        """The same images for Pillow. Raises UsageError if they aren't 8-bit gray or RGB."""
        channels = self.shape[1]
        if self.array.dtype != np.uint8 or channels not in (1, 3):
            raise UsageError(
                f"{self.where} holds {channels} channels of {self.array.dtype}: "
                "only 8-bit images of 1 or 3 channels can be converted or resized"
            )
        for index in range(len(places)):
            (image,) = self._block(places[index : index + 1])
            pixels = np.ascontiguousarray(image.transpose(1, 2, 0))
            yield Item(self._name(places, index), pixels[..., 0] if channels == 1 else pixels)


def array_source(
    where: str, array: NDArray[Any] | NpyFile | ChunkedArray, layout: Axes | None = None
) -> ArraySource:
    """An array of images as an ArraySource.

    Raises UsageError if its shape leaves open what its axes are and ``layout`` doesn't say it,
    DataError for another number of axes, another type, no pixels, or images that are too large.
    """
    shape = array.shape
    if not 2 <= len(shape) <= 4:
        raise DataError(f"{where} has the shape {shape}; images have 2 to 4 axes")
    if array.dtype.name not in DTYPES:
        raise DataError(f"{where} holds {array.dtype}; images are {', '.join(DTYPES)}")
    if 0 in shape:
        raise DataError(f"no images in {where}: its shape is {shape}")
    source = ArraySource(where, array, recognize(where, shape, IN_FILES, layout))
    channels, size = source.shape[1], math.prod(source.shape[1:]) * array.dtype.itemsize
    if channels > MAX_COUNTED_CHANNELS or size > MAX_IMAGE:
        raise DataError(
            f"{where} holds images of {channels} channels and {size >> 20} MB; "
            f"the most are {MAX_COUNTED_CHANNELS} channels and {MAX_IMAGE >> 20} MB"
        )
    return source


def open_file(path: Path, layout: Axes | None = None, key: str | None = None) -> ArraySource:
    """The array in a file, of several the one named ``key``.

    Raises as ``array_source`` does, and DataError for a damaged file.
    """
    name = path.name.lower()
    with _errors_named(path), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's and torch's, of files of old versions
        array: NDArray[Any] | NpyFile | ChunkedArray
        if name.endswith(".npy"):
            array = _from_npy(path)
        elif name.endswith(".npz"):
            array = _from_npz(path, layout, key)
        elif name.endswith(chunked.HDF5_SUFFIXES):
            array = chunked.from_hdf5(path, layout, key)
        elif name.endswith(chunked.ZARR_SUFFIXES):
            array = chunked.from_zarr(path, layout, key)
        elif name.endswith((".pt", ".pth")):
            array = _from_torch(path, layout, key)
        else:
            array = _from_idx(path)
            layout = layout or ("NHW" if array.ndim == 3 else None)  # it lists images
    return array_source(str(path), array, layout)


@contextmanager
def _errors_named(path: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # a damaged header or pickle leads to almost any type
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error


def _from_npy(path: Path) -> NDArray[Any] | NpyFile:
    opened = NpyFile(path)
    # its columns lie apart in the file; mapped, it takes no memory either
    return np.load(path, mmap_mode="r") if opened.header.fortran_order else opened


def _from_npz(path: Path, layout: Axes | None, key: str | None) -> NDArray[Any]:
    test = holds_images(layout)
    headers = {}
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.filename.endswith(".npy"):
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise DataError(f"{path} is compressed otherwise than numpy does it")
                with archive.open(member) as file:
                    header = Header.read(file)
                headers[member.filename.removesuffix(".npy")] = header
        sizes = {name: len(header.shape) for name, header in headers.items()}
        name = choose(path, sizes, test, key)
        check_unpacked(path, headers[name].nbytes)
        with archive.open(f"{name}.npy") as file:
            return np.asarray(np.lib.format.read_array(file, allow_pickle=False))


def check_unpacked(path: Path, nbytes: int) -> None:
    """Raises DataError if a small file unpacks to more memory than this takes for it."""
    if nbytes > max(MAX_UNPACKED, os.path.getsize(path)):
        raise DataError(
            f"{path} unpacks to {nbytes >> 20} MB, and {MAX_UNPACKED >> 20} MB are the most; "
            "saved as .npy it is read piece by piece"
        )


def _from_torch(path: Path, layout: Axes | None, key: str | None) -> NDArray[Any]:
    import torch

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            check_unpacked(path, sum(member.file_size for member in archive.infolist()))
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
    test = holds_images(layout)
    tensors = {
        str(name): value
        for name, value in (loaded.items() if isinstance(loaded, dict) else ())
        if isinstance(value, torch.Tensor)
    }
    sizes = {name: value.ndim for name, value in tensors.items()}
    tensor = tensors[choose(path, sizes, test, key)]
    check_unpacked(path, tensor.numel() * tensor.element_size())  # one value may stand for many
    return to_numpy(tensor)


def to_numpy(tensor: Any) -> NDArray[Any]:
    """A tensor's array; bfloat16, which numpy lacks, as float32, which holds it exactly.

    Raises TypeError for one that numpy can't hold: sparse, quantized, without values.
    """
    import torch

    try:
        tensor = tensor.detach().cpu()
        return np.asarray((tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy())
    except RuntimeError as error:
        raise TypeError(describe_error(error)) from error


def _from_idx(path: Path) -> NDArray[Any]:
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        dimensions = file.read(4)[3:]
    return read_idx(path, dimensions[0] if dimensions else 0)

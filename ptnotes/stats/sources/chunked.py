"""Arrays in HDF5 files and zarr stores, read piece by piece along the first axis."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError
from ptnotes.stats.decode import describe_error
from ptnotes.stats.extras import require
from ptnotes.stats.layout import Axes
from ptnotes.stats.sources.named import choose, holds_images

HDF5_SUFFIXES = (".h5", ".hdf5", ".hdf")
ZARR_SUFFIXES = (".zarr", ".zarr.zip")
MAX_CHUNK = 1 << 29  # bytes of a chunk, which is unpacked whole
MAX_KEPT = 1 << 26  # bytes of the rows last read that are kept
MAX_NAMES = 10_000  # arrays in a file


class ChunkedArray:
    """Takes a slice or a list of places along the first axis; what can't be read is a DataError.

    The rows of the chunks last read are kept: a chunk holds several images, and is unpacked whole.
    """

    def __init__(self, path: Path, array: Any, chunks: Sequence[int] | None) -> None:
        self.path, self._array = path, array
        self.shape, self.dtype = tuple(array.shape), np.dtype(array.dtype)
        size = math.prod(chunks or ()) * self.dtype.itemsize
        if size > MAX_CHUNK:
            raise DataError(
                f"{path} has chunks of {size >> 20} MB, and {MAX_CHUNK >> 20} MB are the most"
            )
        row = math.prod(self.shape[1:]) * self.dtype.itemsize
        self._rows = chunks[0] if chunks and chunks[0] * row <= MAX_KEPT else 1
        self._first, self._kept = -1, np.empty(0, self.dtype)

    def __getitem__(self, places: slice | Sequence[int]) -> NDArray[Any]:
        wanted = range(*places.indices(self.shape[0])) if isinstance(places, slice) else places
        if self._rows == 1 and isinstance(wanted, range) and wanted.step == 1:
            return self._read(wanted.start, wanted.stop)
        block = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        for index, place in enumerate(wanted):
            first = place - place % self._rows
            if first != self._first:
                self._kept = self._read(first, first + self._rows)
                self._first = first
            block[index] = self._kept[place - first]
        return block

    def _read(self, start: int, stop: int) -> NDArray[Any]:
        try:
            return np.asarray(self._array[start:stop])
        except Exception as error:  # a damaged chunk leads to almost any type
            raise DataError(f"{self.path} can't be read: {describe_error(error)}") from error


def from_hdf5(path: Path, layout: Axes | None, key: str | None) -> ChunkedArray:
    """The dataset in an HDF5 file, of several the one at the path ``key``. Raises DataError."""
    h5py = require(str(path), "hdf5", "h5py")
    file = h5py.File(path, "r")  # open as long as the dataset is used
    axes: dict[str, int] = {}

    def add(name: str, found: Any) -> bool | None:
        if isinstance(found, h5py.Dataset):
            axes[name] = found.ndim
        return True if len(axes) > MAX_NAMES else None

    file.visititems(add)  # follows no link to another file
    _check_count(path, axes)
    dataset = file[choose(path, axes, holds_images(layout), key and key.strip("/"))]
    if dataset.is_virtual or dataset.external:
        raise DataError(f"{path} keeps the values of {dataset.name} in other files")
    return ChunkedArray(path, dataset, dataset.chunks)


def from_zarr(path: Path, layout: Axes | None, key: str | None) -> ChunkedArray:
    """The array in a zarr store, of several the one at the path ``key``. Raises DataError."""
    zarr = require(str(path), "zarr", "zarr")
    is_zip = path.name.lower().endswith(".zip")
    store = zarr.storage.ZipStore(path, mode="r") if is_zip else str(path)
    opened = zarr.open(store, mode="r")
    if isinstance(opened, zarr.Array):
        arrays = {"": opened}
    else:
        arrays = {}
        for name, found in opened.members(max_depth=None):
            if isinstance(found, zarr.Array):
                arrays[name] = found
            _check_count(path, arrays)
    axes = {name: array.ndim for name, array in arrays.items()}
    array = arrays[choose(path, axes, holds_images(layout), key and key.strip("/"))]
    if "pickle" in str(array.metadata.to_dict()).lower():  # reading it would run what is in it
        raise DataError(f"{path} holds pickled objects")
    return ChunkedArray(path, array, getattr(array, "shards", None) or array.chunks)


def _check_count(path: Path, names: dict[str, Any]) -> None:
    if len(names) > MAX_NAMES:
        raise DataError(f"{path} holds more than {MAX_NAMES} arrays")

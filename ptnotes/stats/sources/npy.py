"""An .npy file's array, read piece by piece and not mapped into memory.

A mapped file that another process shortens would end this one with a bus error.
"""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError


@dataclass(frozen=True)
class Header:
    """What precedes the values; ``offset`` is where they begin."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]
    offset: int

    @property
    def nbytes(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @classmethod
    def read(cls, file: IO[bytes]) -> "Header":
        """From the beginning of a file. Raises ValueError."""
        version = np.lib.format.read_magic(file)
        if version == (1, 0):
            shape, fortran_order, dtype = np.lib.format.read_array_header_1_0(file)
        elif version in ((2, 0), (3, 0)):  # they differ in the encoding of field names
            shape, fortran_order, dtype = np.lib.format.read_array_header_2_0(file)
        else:
            raise ValueError(f"version {version} of the format isn't known")
        if min(shape, default=0) < 0 or dtype.hasobject:
            raise ValueError(f"its header promises {dtype} of shape {shape}")
        return cls(shape, fortran_order, dtype, file.tell())


class NpyFile:
    """Takes a slice or a list of places along the first axis; each opens the file once more.

    Raises DataError if the file isn't as long as its header promises, or is another one by then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with open(path, "rb") as file:
            self.header = Header.read(file)
            self._version = _version(file)
            size = os.fstat(file.fileno()).st_size - self.header.offset
        self.shape, self.dtype = self.header.shape, self.header.dtype
        if size < self.header.nbytes:
            raise DataError(
                f"{path} holds {size} bytes of values where its header promises "
                f"{self.header.nbytes}"
            )

    def __getitem__(self, places: slice | Sequence[int]) -> NDArray[Any]:
        wanted = range(*places.indices(self.shape[0])) if isinstance(places, slice) else places
        block = np.empty((len(wanted), *self.shape[1:]), self.dtype)
        size = math.prod(self.shape[1:]) * self.dtype.itemsize
        at_once = len(wanted) if isinstance(wanted, range) and wanted.step == 1 else 1
        values = block.reshape(-1).view(np.uint8)
        try:
            with open(self.path, "rb", buffering=0) as file:
                if _version(file) != self._version:
                    raise OSError("it is another file than at the beginning")
                for index in range(0, len(wanted), at_once):
                    file.seek(self.header.offset + wanted[index] * size)
                    into = values[index * size : (index + at_once) * size]
                    if file.readinto(into.data) < len(into):
                        raise OSError("it is shorter than at the beginning")
        except OSError as error:
            raise DataError(f"{self.path} changed while it was read: {error}") from error
        return block


def _version(file: IO[bytes]) -> tuple[int, ...]:
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns

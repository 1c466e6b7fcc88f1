"""The IDX format of MNIST's files: a magic number, the sizes, then bytes.

torchvision reads it too, but importing torchvision takes seconds and its checks are asserts.
"""

import gzip
import math
import os
import struct
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError

UNSIGNED_BYTE = 8
MAX_UNPACKED = 1 << 30  # bytes: what a compressed file may take in memory
PIECE = 1 << 20  # bytes unpacked at once


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The file's array, writable, with so many dimensions; gzipped if the name ends in .gz.

    Raises DataError if the magic number, the sizes and the length don't agree, or if a packed file
    promises more than a gigabyte. No more is held in memory than the header promises.
    """
    if not os.path.isfile(path):  # a pipe without a writer would be waited for
        raise DataError(f"{path} is not a regular file")
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
            shape = _read_header(path, file, dimensions)
            content = _read_values(path, file, math.prod(shape))
        return content.reshape(shape)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}") from error


def _read_header(path: Path, file: BufferedIOBase, dimensions: int) -> tuple[int, ...]:
    magic = file.read(4)
    if magic != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise DataError(
            f"{path} is not an IDX file of {dimensions} dimensions "
            f"(it begins with {magic.hex() or 'nothing'}); delete it to download it again"
        )
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path} ends within its header; delete it to download it again")
    return struct.unpack(f">{dimensions}I", sizes)


def _read_values(path: Path, file: BufferedIOBase, expected: int) -> NDArray[np.uint8]:
    """The bytes from here to the end of the file, which must be so many."""
    held = os.path.getsize(path) - file.tell()
    if path.suffix != ".gz" and held != expected:
        raise _wrong_length(path, str(held), expected)
    if path.suffix == ".gz" and expected > MAX_UNPACKED:
        raise DataError(
            f"{path} promises {expected >> 20} MB, and {MAX_UNPACKED >> 20} MB are the most; "
            "unpack it first"
        )
    content = np.empty(expected, np.uint8)
    filled = 0
    while filled < expected and (count := file.readinto(content[filled : filled + PIECE].data)):
        filled += count
    if filled < expected:
        raise _wrong_length(path, str(filled), expected)
    if file.read(1):
        raise _wrong_length(path, "more", expected)
    return content


def _wrong_length(path: Path, held: str, expected: int) -> DataError:
    return DataError(
        f"{path} holds {held} bytes of values where its header promises {expected}; "
        "delete it to download it again"
    )

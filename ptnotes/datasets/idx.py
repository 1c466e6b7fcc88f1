"""The IDX format of MNIST's files: a magic number, the sizes, then bytes.

torchvision reads it too, but importing torchvision takes seconds and its checks are asserts.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError

UNSIGNED_BYTE = 8


def read_idx(path: Path, dimensions: int) -> NDArray[np.uint8]:
    """The file's array, writable, with so many dimensions; gzipped if the name ends in .gz.

    Raises DataError if the magic number, the sizes and the length don't agree.
    """
    content = _read(path)
    header = 4 + 4 * dimensions
    magic, sizes = content[:4].tobytes(), content[4:header].tobytes()
    if magic != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise DataError(
            f"{path} is not an IDX file of {dimensions} dimensions "
            f"(it begins with {magic.hex() or 'nothing'}); delete it to download it again"
        )
    if len(content) < header:
        raise DataError(f"{path} ends within its header; delete it to download it again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    expected = header + math.prod(shape)
    if len(content) != expected:
        raise DataError(
            f"{path} holds {len(content)} bytes where its header promises {expected}; "
            "delete it to download it again"
        )
    return content[header:].reshape(shape)


def _read(path: Path) -> NDArray[np.uint8]:
    try:
        if path.suffix == ".gz":  # copied, since bytes are read-only
            return np.frombuffer(bytearray(gzip.decompress(path.read_bytes())), dtype=np.uint8)
        return np.fromfile(path, dtype=np.uint8)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}") from error

"""The IDX format of MNIST's files: a magic number, the sizes, then bytes.

torchvision reads it too, but importing torchvision takes seconds and its checks are asserts.
"""

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ptnotes.errors import DataError

UNSIGNED_BYTE = 8


def read_idx(path: Path, dimensions: int) -> Tensor:
    """The file's array as uint8, with that many dimensions; gzipped if the name ends in .gz.

    Raises DataError if the magic number, the sizes and the length don't agree.
    """
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} can't be read: {error}") from error
    header = 4 + 4 * dimensions
    if content[:4] != bytes([0, 0, UNSIGNED_BYTE, dimensions]):
        raise DataError(
            f"{path} is not an IDX file of {dimensions} dimensions "
            f"(it begins with {content[:4].hex() or 'nothing'}); delete it to download it again"
        )
    if len(content) < header:
        raise DataError(f"{path} ends within its header; delete it to download it again")
    sizes = struct.unpack(f">{dimensions}I", content[4:header])
    expected = header + math.prod(sizes)
    if len(content) != expected:
        raise DataError(
            f"{path} holds {len(content)} bytes where its header promises {expected}; "
            "delete it to download it again"
        )
    array = np.frombuffer(content, dtype=np.uint8, offset=header).reshape(sizes)
    return torch.from_numpy(array.copy())

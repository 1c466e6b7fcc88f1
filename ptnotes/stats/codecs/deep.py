"""What a codec reads, and its bounds."""

import math
from collections.abc import Callable
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError

MAX_DEEP = 1 << 29  # bytes of an image
MAX_BANDS = 512  # of 16 bits, half a megabyte of counts each


class Deep(NamedTuple):
    """An image as (C, H, W) of uint8, uint16 or floats, and what else its file holds."""

    pixels: NDArray[Any]
    has_alpha: bool = False  # which is left out
    of_several: bool = False


class Codec(NamedTuple):
    """``read`` gives a page of an open file, by its number from 0; ``count`` says how many."""

    read: Callable[[IO[bytes], int], Deep]
    count: Callable[[IO[bytes]], int]


def check_size(shape: tuple[int, ...], itemsize: int, bands: int) -> None:
    """Raises DataError, before it is decoded, for an image without pixels or too many of them."""
    if 0 in shape:
        raise DataError("it has no pixels")
    size = math.prod(shape) * itemsize
    most = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # Pillow's own bound
    if size > MAX_DEEP or bands > MAX_BANDS or (most and math.prod(shape) > most * bands):
        raise DataError(
            f"it has {bands} bands and {size >> 20} MB; the most are {MAX_BANDS} bands and "
            f"{MAX_DEEP >> 20} MB"
        )


def as_counted(pixels: NDArray[Any]) -> NDArray[Any]:
    """As uint8, uint16 or floats. Raises DataError for integers that fit into none of them."""
    if pixels.dtype.kind == "f" or pixels.dtype.name in ("uint8", "uint16"):
        return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype.kind not in "iu":
        raise DataError(f"it holds {pixels.dtype}")
    if pixels.min() < 0 or pixels.max() > 65535:
        raise DataError("its integers have more than 16 bits")
    return pixels.astype(np.uint16)

"""JPEGs of three channels by simplejpeg, where it is installed (``ptnotes[jpeg]``).

It decodes to four bytes a pixel, which Pillow can count without a copy: reading 4,000 photographs
takes about a tenth less time (docs/stats.md). Both use libjpeg-turbo, but each a copy of its own:
a process has both decode an image of each kind, and if the pixels differ, Pillow decodes that kind.
"""

import functools
import importlib
import io
import os
from types import ModuleType
from typing import IO

import numpy as np
from PIL import Image, JpegImagePlugin

MAX_FILE = 1 << 26  # bytes: larger files are left to Pillow, which reads block by block
# Pillow's number of a subsampling, by the sampling factors of the three components
SUBSAMPLINGS: dict[tuple[tuple[int, int], ...], int] = {
    ((1, 1), (1, 1), (1, 1)): 0,  # 4:4:4
    ((2, 1), (1, 1), (1, 1)): 1,  # 4:2:2
    ((2, 2), (1, 1), (1, 1)): 2,  # 4:2:0
}


@functools.cache
def decoder() -> ModuleType | None:
    """simplejpeg, if it is installed."""
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


@functools.cache
def _agree(subsampling: int, progressive: bool) -> bool:
    """Whether both decode an image of noise to the same pixels."""
    noise = np.random.default_rng(0).integers(0, 256, (67, 93, 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", subsampling=subsampling, progressive=progressive)
    pixels = importlib.import_module("simplejpeg").decode_jpeg(file.getvalue(), "RGBX")
    return np.array_equal(pixels[..., :3], np.asarray(Image.open(file)))


def decoded(image: Image.Image, file: IO[bytes]) -> Image.Image | None:
    """``image``, opened from ``file``, as RGBX with the pixels that Pillow would decode; None if
    Pillow has to decode it, as it has to for damaged files.
    """
    if image.format != "JPEG" or image.mode != "RGB" or (simplejpeg := decoder()) is None:
        return None
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    factors = tuple((x, y) for _, x, y, _ in image.layer)
    if (subsampling := SUBSAMPLINGS.get(factors)) is None:
        return None
    if not _agree(subsampling, "progressive" in image.info):
        return None
    if file.seek(0, os.SEEK_END) > MAX_FILE:
        return None
    file.seek(0)
    try:
        pixels = simplejpeg.decode_jpeg(file.read(), "RGBX")
    except ValueError:  # also what libjpeg only warns of
        return None
    if pixels.shape[:2] != (image.height, image.width):
        return None
    return Image.frombuffer("RGBX", image.size, pixels, "raw", "RGBX", 0, 1)

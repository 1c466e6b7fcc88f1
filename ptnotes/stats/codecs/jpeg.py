"""JPEGs of three channels by simplejpeg, where it is installed (``ptnotes[jpeg]``).

It decodes a little faster than Pillow, and to pixels of four bytes, which Pillow can count where
they lie. Both use libjpeg-turbo, but each a copy of its own: so of every kind of JPEG (subsampling,
progressive or not) a process decodes the first with both, and if they differ, Pillow has its way.
"""

import functools
import importlib
import os
from types import ModuleType
from typing import IO, Any

import numpy as np
from PIL import Image, JpegImagePlugin

MAX_FILE = 1 << 26  # bytes: they are read at once, where Pillow reads block by block


@functools.cache
def _decoder() -> ModuleType | None:
    try:
        return importlib.import_module("simplejpeg")
    except ImportError:
        return None


_agree: dict[Any, bool] = {}  # of each kind of JPEG: whether both have the same pixels


def decoded(image: Image.Image, file: IO[bytes]) -> Image.Image | None:
    """An image of mode RGBX with the pixels that ``image``, opened from ``file``, would have; None
    where Pillow has to decode it, as all that is damaged.
    """
    if image.format != "JPEG" or image.mode != "RGB" or (decoder := _decoder()) is None:
        return None
    assert isinstance(image, JpegImagePlugin.JpegImageFile)
    kind = (*(layer[1:3] for layer in image.layer), "progressive" in image.info)
    if not _agree.get(kind, True) or file.seek(0, os.SEEK_END) > MAX_FILE:
        return None
    file.seek(0)
    try:
        pixels = decoder.decode_jpeg(file.read(), "RGBX")
    except ValueError:  # also what libjpeg only warns of
        return None
    if pixels.shape[:2] != (image.height, image.width):
        return None
    if kind not in _agree:
        _agree[kind] = np.array_equal(pixels[..., :3], np.asarray(image))
        if not _agree[kind]:
            return None
    return Image.frombuffer("RGBX", image.size, pixels, "raw", "RGBX", 0, 1)

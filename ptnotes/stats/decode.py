"""From a file to the image that is counted: mode, transparency, resizing.

torch is imported only to resize or crop an image, so that worker processes start fast.
"""

import io
import os
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ptnotes.errors import DataError

Alpha = Literal["drop", "white", "black"]

HIGH_BIT_MODES = {"I;16", "I;16L", "I;16B", "I;16N", "I", "F"}  # Pillow's modes of more than 8 bits


class InArchive(NamedTuple):
    """Where an image lies within an uncompressed tar."""

    path: str
    offset: int
    size: int


# a path, a place in an archive, a file's bytes, pixels, an image, or why there is none
Content = str | InArchive | bytes | NDArray[Any] | Image.Image | DataError


class Item(NamedTuple):
    """An image to read, and its name in messages."""

    name: str
    content: Content


@dataclass(frozen=True)
class DecodeOptions:
    """What happens to an image before it is counted, in this order."""

    alpha: Alpha = "drop"
    rgb: bool = False
    grayscale: bool = False
    resize: int | None = None
    center_crop: int | None = None

    @property
    def transforms(self) -> bool:
        return self.resize is not None or self.center_crop is not None


def read(item: Item, options: DecodeOptions) -> tuple[Image.Image, tuple[int, int]]:
    """The image as it is to be counted, and its (height, width) as stored.

    The mode is L, RGB, one of 16 bits, I or F. Pixels are as torchvision's default loader has
    them: the first frame, and not turned as EXIF would have it. Raises what Pillow raises.
    """
    with _open(item.content) as image:
        image.load()
        size = (image.height, image.width)
        return _resize_and_crop(_convert_mode(image, options), options), size


def _open(content: Content) -> Image.Image:
    match content:
        case str():
            return Image.open(content)
        case InArchive():
            with open(content.path, "rb", buffering=0) as file:
                file.seek(content.offset)
                return Image.open(io.BytesIO(file.read(content.size)))
        case bytes():
            return Image.open(io.BytesIO(content))
        case Image.Image():
            return content.copy()  # whose file, if any, stays the caller's to close
        case DataError():
            raise content
        case _:
            return Image.fromarray(content)


def _convert_mode(image: Image.Image, options: DecodeOptions) -> Image.Image:
    """In mode L or RGB if it has 8 bits or fewer; others are returned as they are."""
    if image.mode in HIGH_BIT_MODES:
        if options.rgb:
            raise DataError("as RGB, Pillow would clip its 16 bits or floats to 8 bits")
        return image
    if options.alpha != "drop" and image.has_transparency_data:
        gray = image.mode in ("L", "LA", "La")
        layer = image.convert("RGBA")
        background = Image.new("RGBA", layer.size, options.alpha)
        image = Image.alpha_composite(background, layer).convert("L" if gray else "RGB")
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if options.grayscale or options.rgb:
        mode = "L" if options.grayscale else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _resize_and_crop(image: Image.Image, options: DecodeOptions) -> Image.Image:
    if not options.transforms:
        return image
    from torchvision.transforms.v2 import functional

    if options.resize is not None:
        image = functional.resize(image, [options.resize], antialias=True)
    if options.center_crop is not None:
        image = functional.center_crop(image, [options.center_crop])
    return image


def pixels(image: Image.Image) -> NDArray[Any]:
    """The values (1, 1, H, W) of a mode deeper than 8 bits: uint16 or float32.

    Raises DataError for 32-bit integers above 65535.
    """
    array = np.asarray(image)
    if image.mode == "I":
        if array.min() < 0 or array.max() > 65535:
            raise DataError("its integers have more than 16 bits")
    elif image.mode == "F":
        return array[None, None]
    return array[None, None].astype(np.uint16)


def describe_error(error: BaseException) -> str:
    """An error as part of a line."""
    if isinstance(error, OSError) and error.strerror:
        return os.strerror(error.errno) if error.errno else error.strerror
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UnidentifiedImageError):
        return "not an image that Pillow knows"
    return text

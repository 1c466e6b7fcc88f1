"""From a file to the image that is counted: mode, transparency, resizing.

torch is imported only to resize or crop an image, so that worker processes start fast.
"""

import contextlib
import ctypes
import functools
import logging
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import codecs
from ptnotes.stats.codecs.deep import Codec
from ptnotes.stats.items import InArchive, Item, Page, opened
from ptnotes.stats.per_image import Weight
from ptnotes.stats.pixel_selection import EVERY_PIXEL, PixelOptions

Alpha = Literal["drop", "white", "black"]
Pages = Literal["first", "all"]

HIGH_BIT_MODES = {"I;16", "I;16L", "I;16B", "I;16N", "I", "F"}  # Pillow's modes of more than 8 bits

MAX_ROWS = 1 << 22
GREEDY = {"WEBP", "AVIF", "JPEG2000", "ICNS", "TGA"}  # decoded in 12 to 25 bytes a pixel
MAX_GREEDY = 1 << 28  # values in an image of these
MAX_RESIZED = 1 << 26  # pixels that a small image may be resized to; Pillow bounds what it decodes
PIECE = 1 << 22  # pixels that are converted at once

# or Python prints on stderr what Pillow logs of a damaged file
logging.getLogger("PIL").addHandler(logging.NullHandler())


class Decoded(NamedTuple):
    """An image, its (height, width) as stored, and whether the file holds more than this one.

    What Pillow has no mode for is an array (C, H, W) of uint8, uint16 or floats.
    """

    image: Image.Image | NDArray[Any]
    size: tuple[int, int]
    first_of_several: bool


@dataclass(frozen=True)
class DecodeOptions:
    """What happens to an image before it is counted, in this order."""

    alpha: Alpha = "drop"
    rgb: bool = False
    grayscale: bool = False
    resize: int | None = None
    center_crop: int | None = None
    pages: Pages = "first"  # of the files that hold several
    pixels: PixelOptions = EVERY_PIXEL

    def check(self, weight: Weight) -> None:
        """Raises UsageError for options that exclude each other, or that can't be."""
        if self.rgb and self.grayscale:
            raise UsageError("--rgb and --grayscale exclude each other")
        self.pixels.check()
        if self.pixels.covariance and weight == "image":
            raise UsageError("--covariance counts pixels, and --weight image images: choose one")
        if self.pixels.mask is not None and (self.transforms or self.pages == "all"):
            raise UsageError("--mask goes with images as they are stored, one a file")

    @property
    def transforms(self) -> bool:
        return self.resize is not None or self.center_crop is not None

    @property
    def converts(self) -> bool:
        """Whether what is counted of a gray or RGB image isn't simply its pixels."""
        return self.rgb or self.grayscale or self.transforms


def read(item: Item, options: DecodeOptions) -> Decoded:
    """The image as it is to be counted.

    Its mode is L, RGB, one of 16 bits, I or F. Pixels are as torchvision's default loader has
    them: the first frame, and not turned as EXIF would have it. Raises what Pillow raises.
    """
    match item.content:
        case DataError() as error:
            raise error
        case Image.Image() as image:
            return _decode_image(image.copy(), options)  # whose file stays the caller's to close
        case np.ndarray() as array:
            return _decode_image(Image.fromarray(array), options)
        case Page(file, _, Codec() as codec, number):
            return _decode_deep(codec, file, number, options)
        case Page(_, Image.Image() as image):
            return _decode_image(image, options)
        case str() | InArchive() | bytes() as content:
            with opened(content) as file:
                return _decode_file(file, options)
    raise TypeError(item.content)


def _decode_file(file: IO[bytes], options: DecodeOptions) -> Decoded:
    try:
        image = Image.open(file)
    except UnidentifiedImageError:
        if (codec := codecs.of_file(file)) is None:
            raise
        return _decode_deep(codec, file, 0, options)
    with image:
        # as RGB or gray, what Pillow makes of it, as torchvision's loader has it
        codec = None if options.rgb or options.grayscale else codecs.of_image(image)
        if codec is not None:
            return _decode_deep(codec, file, 0, options)
        return _decode_image(image, options)


def _decode_image(image: Image.Image, options: DecodeOptions) -> Decoded:
    _check_format(image)
    if image.format == "TIFF":
        silence_libtiff()
    # not of a photo with a preview
    frames = image.format != "MPO" and getattr(image, "is_animated", False)
    image.load()
    size = (image.height, image.width)
    return Decoded(_resize_and_crop(_convert_mode(image, options), options), size, frames)


def _decode_deep(codec: Codec, file: IO[bytes], page: int, options: DecodeOptions) -> Decoded:
    """A page that Pillow can't read or cuts. Raises DataError if it is to be converted."""
    found = codec.read(file, page)
    bands = len(found.pixels)
    if options.converts:
        raise DataError(
            f"its {bands} bands of {found.pixels.dtype} can't be converted or resized"
            + ("" if bands != 3 or options.rgb else "; --rgb reads 8 bits of them")
        )
    if found.has_alpha and options.alpha != "drop":
        raise DataError("with more than 8 bits, its transparency can only be dropped")
    height, width = found.pixels.shape[1:]
    return Decoded(found.pixels, (height, width), found.of_several)


def _check_format(image: Image.Image) -> None:
    """Raises DataError, before it is decoded, for what takes too much memory or isn't an image."""
    if image.format == "EPS":
        raise DataError("EPS is a program, which Pillow would have another one run")
    if 0 in image.size:
        raise DataError("it has no pixels")
    if image.height > MAX_ROWS:  # each takes memory of its own
        raise DataError(f"it has {image.height} rows, and {MAX_ROWS} are the most")
    values = image.width * image.height * len(image.getbands())
    if image.format in GREEDY and values > MAX_GREEDY:
        raise DataError(f"{values} values as {image.format}, and {MAX_GREEDY} are the most")


@functools.cache
def silence_libtiff() -> None:
    """Or it prints on stderr what it finds wrong with a compressed TIFF; Pillow gives the error."""
    with contextlib.suppress(OSError, AttributeError):  # where it is a part of Pillow's own library
        libtiff = ctypes.CDLL(sys.modules["PIL._imaging"].__file__)
        libtiff.TIFFSetErrorHandler(None)
        libtiff.TIFFSetWarningHandler(None)


def _convert_mode(image: Image.Image, options: DecodeOptions) -> Image.Image:
    """In mode L or RGB if it has 8 bits or fewer; others are returned as they are."""
    if image.mode in HIGH_BIT_MODES:
        if options.rgb:
            raise DataError("as RGB, Pillow would clip its 16 bits or floats to 8 bits")
        return image
    if options.alpha != "drop" and image.has_transparency_data:
        image = _over_colour(image, options.alpha)
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    if options.grayscale or options.rgb:
        mode = "L" if options.grayscale else "RGB"
    return image if image.mode == mode else image.convert(mode)


def _over_colour(image: Image.Image, colour: str) -> Image.Image:
    """Composited, in mode L or RGB. Piece by piece, since each of the layers is RGBA."""
    whole = Image.new("L" if image.mode in ("L", "LA", "La") else "RGB", image.size)
    for box in pieces(image):
        layer = image.crop(box).convert("RGBA")
        background = Image.new("RGBA", layer.size, colour)
        whole.paste(Image.alpha_composite(background, layer).convert(whole.mode), box)
    return whole


def pieces(image: Image.Image) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that together are the image, each of about PIECE pixels or fewer."""
    rows = max(1, PIECE // image.width)
    for top in range(0, image.height, rows):
        yield 0, top, image.width, min(top + rows, image.height)


def _resize_and_crop(image: Image.Image, options: DecodeOptions) -> Image.Image:
    if not options.transforms:
        return image
    from torchvision.transforms.v2 import functional

    if options.resize is not None:
        shorter, longer = sorted(image.size)
        _check_resized(options.resize, options.resize * longer // shorter)
        image = functional.resize(image, [options.resize], antialias=True)
    if options.center_crop is not None:
        _check_resized(options.center_crop, options.center_crop)
        image = functional.center_crop(image, [options.center_crop])
    return image


def _check_resized(shorter: int, longer: int) -> None:
    if shorter * longer > MAX_RESIZED:
        raise DataError(f"it would get {shorter}×{longer} pixels, and {MAX_RESIZED} are the most")


def pixels(image: Image.Image) -> Iterator[NDArray[Any]]:
    """The values of a mode deeper than 8 bits, in blocks (1, 1, H, W) of uint16 or float32.

    Raises DataError for 32-bit integers above 65535.
    """
    for box in pieces(image):
        array = np.asarray(image.crop(box))[None, None]
        if image.mode == "I":
            if array.min() < 0 or array.max() > 65535:
                raise DataError("its integers have more than 16 bits")
        elif image.mode == "F":
            yield array
            continue
        yield array.astype(np.uint16)


def describe_error(error: BaseException) -> str:
    """An error as part of a line."""
    if isinstance(error, OSError) and error.strerror:
        return os.strerror(error.errno) if error.errno else error.strerror
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, UnidentifiedImageError):
        return "not an image that Pillow can read"
    return text

"""PNGs of 16 bits in each of several channels, of which Pillow keeps 8."""

from typing import IO

from PIL import Image

from ptnotes.stats.codecs.deep import Deep, check_size
from ptnotes.stats.extras import require

BANDS = {"RGB;16B": 3, "RGBA;16B": 4, "LA;16B": 2}  # Pillow's names of what is stored


def is_cut(image: Image.Image) -> bool:
    return _stored_as(image) in BANDS


def _stored_as(image: Image.Image) -> str:
    (tile, *_) = getattr(image, "tile", None) or [None]
    return str(tile[3]) if tile else ""


def read(file: IO[bytes], page: int) -> Deep:
    """The image, 16 bits each. Raises DataError without imagecodecs, or what that raises."""
    imagecodecs = require("a PNG of 16-bit colours", "tiff", "imagecodecs")
    with Image.open(file) as image:
        bands, size = BANDS[_stored_as(image)], image.size
        several = getattr(image, "is_animated", False)
    check_size((*size, bands), 2, bands)
    file.seek(0)
    pixels = imagecodecs.png_decode(file.read()).transpose(2, 0, 1)
    has_alpha = bands in (2, 4)
    return Deep(pixels[:-1] if has_alpha else pixels, has_alpha, several)

"""Images that Pillow can't read, or cuts to 8 bits or three bands: their pixels as arrays.

A codec reads one page of an open file. It imports its package when the first such file comes.
"""

from collections.abc import Callable
from typing import IO, Any

from PIL import Image

from ptnotes.stats.codecs import png, tiff
from ptnotes.stats.codecs.deep import Deep

Codec = Callable[[IO[bytes], int], Deep]  # of a file, the page of this number, from 0

TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def of_image(image: Image.Image) -> Codec | None:
    """The codec for an image of which Pillow would leave bits or bands out."""
    if image.format == "TIFF" and tiff.is_cut(image):
        return tiff.read
    if image.format == "PNG" and png.is_cut(image):
        return png.read
    return None


def of_file(file: IO[bytes]) -> Codec | None:
    """The codec for a file that Pillow doesn't recognize, by its first bytes."""
    file.seek(0)
    start: Any = file.read(4)
    return tiff.read if start in TIFF else None

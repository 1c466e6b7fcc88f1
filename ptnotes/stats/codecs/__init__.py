"""Images that Pillow can't read, or cuts to 8 bits or three bands: their pixels as arrays.

A codec reads one page of an open file. It imports its package when the first such file comes.
"""

from typing import IO

from PIL import Image

from ptnotes.stats.codecs import dicom, png, tiff
from ptnotes.stats.codecs.deep import Codec

TIFF = Codec(tiff.read, tiff.count)
DICOM = Codec(dicom.read, dicom.count)
PNG = Codec(png.read, lambda file: 1)

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def of_image(image: Image.Image) -> Codec | None:
    """The codec for an image of which Pillow would leave bits or bands out."""
    if image.format == "TIFF" and tiff.is_cut(image):
        return TIFF
    if image.format == "PNG" and png.is_cut(image):
        return PNG
    return None


def of_file(file: IO[bytes]) -> Codec | None:
    """The codec for a file that Pillow doesn't recognize, by its first bytes."""
    file.seek(0)
    start = file.read(dicom.AT + len(dicom.START))
    if start[dicom.AT :] == dicom.START:
        return DICOM
    return TIFF if start[:4] in TIFF_STARTS else None

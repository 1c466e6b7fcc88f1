"""DICOM: stored levels, or what the file's slope and intercept make of them."""

import logging
from typing import IO, Any

import numpy as np

from ptnotes.errors import DataError
from ptnotes.stats.codecs.deep import Deep, as_counted, check_size
from ptnotes.stats.extras import require

START, AT = b"DICM", 128  # behind a preamble
DEFLATED = "1.2.840.10008.1.2.1.99"  # the whole file: what it unpacks to isn't known beforehand
GRAY = ("MONOCHROME1", "MONOCHROME2")
COLOUR = ("RGB", "YBR_FULL", "YBR_FULL_422")

# or Python prints on stderr what pydicom logs of a damaged file
logging.getLogger("pydicom").addHandler(logging.NullHandler())


def read(file: IO[bytes], page: int) -> Deep:
    """A frame. With a slope and an intercept, floats in their unit (of CT: Hounsfield).

    Without, the levels of gray images as they are stored, 0 black: uint8 or uint16, floats if they
    are signed. Raises DataError for what can't be counted, and what pydicom raises.
    """
    header = _header(file)
    shape = (int(header.Rows), int(header.Columns), int(header.SamplesPerPixel))
    check_size(shape, int(header.BitsAllocated) // 8 or 1, shape[2])
    kind = str(header.PhotometricInterpretation)
    if kind not in (*GRAY, *COLOUR):
        raise DataError(f"DICOM of the photometric interpretation {kind}")
    frames = _frames(header)
    pixel_array = require("DICOM", "dicom", "pydicom.pixels").pixel_array
    file.seek(0)
    pixels = pixel_array(file, index=page)
    channels = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return Deep(_levels(channels, header, kind), of_several=frames > 1)


def count(file: IO[bytes]) -> int:
    """How many frames there are."""
    return _frames(_header(file))


def _header(file: IO[bytes]) -> Any:
    """All before the pixels. Raises DataError for a deflated file."""
    pydicom = require("DICOM", "dicom", "pydicom")
    file.seek(0)
    pydicom.filereader.read_preamble(file, False)
    meta = pydicom.filereader._read_file_meta_info(file)  # the public one takes names alone
    if meta.get("TransferSyntaxUID") == DEFLATED:
        raise DataError("a deflated DICOM file")
    file.seek(0)
    return pydicom.dcmread(file, stop_before_pixels=True)


def _frames(header: Any) -> int:
    return int(header.get("NumberOfFrames") or 1)


def _levels(pixels: Any, header: Any, kind: str) -> Any:
    if "RescaleSlope" in header or "RescaleIntercept" in header:
        slope, intercept = header.get("RescaleSlope"), header.get("RescaleIntercept")
        scaled = pixels.astype(np.float64) * float(1 if slope is None else slope)
        return scaled + float(intercept or 0)
    if pixels.dtype.kind == "i":
        return pixels.astype(np.float64)
    if pixels.dtype.kind == "f":
        return as_counted(pixels)
    if kind == "MONOCHROME1":  # 0 is white
        pixels = (1 << int(header.BitsStored)) - 1 - pixels.astype(np.int64)
    return as_counted(pixels).astype(np.uint8 if header.BitsAllocated <= 8 else np.uint16)

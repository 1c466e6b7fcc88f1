"""TIFFs of more bands than three or more bits than 8, which Pillow refuses or cuts."""

import logging
import math
from typing import IO, Any

from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.codecs.deep import Deep, check_size
from ptnotes.stats.extras import require

BITS, PHOTOMETRIC, SAMPLES, EXTRA_SAMPLES = 258, 262, 277, 338  # tags
BLACK_IS_ZERO, RGB = 1, 2
ALPHA = (1, 2)  # associated, unassociated; an extra sample of another kind is a band
# none, LZW, deflate twice, PackBits, LZMA, Zstandard: what these unpack to is known beforehand
COMPRESSIONS = {1, 5, 8, 32946, 32773, 34925, 50000}

# or Python prints on stderr what tifffile logs of a damaged file
logging.getLogger("tifffile").addHandler(logging.NullHandler())


def is_cut(image: Image.Image) -> bool:
    """Whether Pillow leaves bands or bits of the current page out."""
    tags: Any = image.tag_v2  # type: ignore[attr-defined]
    samples = tags.get(SAMPLES, 1)
    if tags.get(PHOTOMETRIC) not in (BLACK_IS_ZERO, RGB) or samples == 1:
        return False
    extra = tags.get(EXTRA_SAMPLES, ALPHA[:1] if samples == 4 else ())
    bands = samples - sum(kind in ALPHA for kind in extra)
    return bands not in (1, 3) or max(tags.get(BITS, (1,))) > 8


def read(file: IO[bytes], page: int) -> Deep:
    """A page. Raises DataError for what can't be counted, and what tifffile raises."""
    with _opened(file) as opened:
        found = opened.pages[page]
        _check(found)
        several = bool(opened.pages.is_multipage)
        pixels = found.asarray(maxworkers=1)
        axes, extra = found.axes, found.extrasamples
    if axes == "YX":
        pixels = pixels[None]
    elif axes == "YXS":
        pixels = pixels.transpose(2, 0, 1)
    alphas = [len(pixels) - len(extra) + at for at, kind in enumerate(extra) if kind in ALPHA]
    kept = [band for band in range(len(pixels)) if band not in alphas]
    return Deep(pixels[kept] if alphas else pixels, bool(alphas), several)


def count(file: IO[bytes]) -> int:
    """How many pages there are."""
    with _opened(file) as opened:
        return len(opened.pages)


def _opened(file: IO[bytes]) -> Any:
    tifffile = require(
        "a TIFF of more than three bands or 8 bits", "tiff", "imagecodecs", "tifffile"
    )
    file.seek(0)
    return tifffile.TiffFile(file)


def _check(page: Any) -> None:
    """Raises DataError before anything is unpacked."""
    if page.photometric not in (BLACK_IS_ZERO, RGB) or page.axes not in ("YX", "YXS", "SYX"):
        raise DataError(
            f"a TIFF of axes {page.axes} and photometric interpretation {int(page.photometric)}"
        )
    if page.compression not in COMPRESSIONS:
        raise DataError(
            f"a TIFF of more than 8 bits or three bands compressed by "
            f"{getattr(page.compression, 'name', page.compression)}"
        )
    itemsize = page.dtype.itemsize if page.dtype is not None else 1
    check_size(page.shape, itemsize, page.samplesperpixel)
    # a strip or tile may promise more than the image
    check_size((*page.chunks,), itemsize, page.samplesperpixel)
    if math.prod(page.chunked) > 1 << 24:
        raise DataError(f"it has {math.prod(page.chunked)} strips or tiles")

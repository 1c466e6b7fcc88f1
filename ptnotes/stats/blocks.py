"""Blocks of pixels counted: those of an image, or of many images of one size at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import DataError
from ptnotes.stats import pixel_selection
from ptnotes.stats.accumulators import Counts, Sums, count_block, sum_block
from ptnotes.stats.codecs.deep import as_counted
from ptnotes.stats.covariance import Products, products_of
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.partial import MAX_EXAMPLES, Broken, Kind, PartialStats
from ptnotes.stats.per_image import ImageSums, PerImage, Weight
from ptnotes.stats.pixel_selection import Keep
from ptnotes.stats.statistics import ChannelStats

MAX_AS_INT64 = 1 << 18  # values of an image that are converted rather than counted
NOT_FINITE = "it holds NaN or an infinity"


@dataclass(frozen=True)
class Counted:
    """How many pixels, what their values come to, and their products if these are asked for."""

    pixels: int
    values: Counts | Sums
    products: Products | None = None

    @property
    def kind(self) -> Kind:
        return self.values.channels, self.values.scale

    @property
    def row(self) -> ImageSums:
        return ImageSums(self.pixels, self.values.totals, self.values.squares)

    def __add__(self, other: "Counted") -> "Counted":
        products = self.products and other.products and self.products + other.products
        values = self.values + other.values  # type: ignore[operator]  # of one kind
        return Counted(self.pixels + other.pixels, values, products)


def count_pixels(block: NDArray[Any], keep: Keep | None, covariance: bool) -> Counted:
    """The images (N, C, H, W), or those of their pixels that count: one or more."""
    if keep is None and not covariance:
        return Counted(len(block) * block[0, 0].size, block_values(block))
    channels_first = block.transpose(1, 0, 2, 3)
    pixels = channels_first.reshape(block.shape[1], -1) if keep is None else channels_first[:, keep]
    pixels = as_counted(pixels)  # (C, n)
    values = block_values(pixels[None, :, None])
    return Counted(pixels.shape[1], values, products_of(pixels) if covariance else None)


def block_values(block: NDArray[Any]) -> Counts | Sums:
    if block.dtype.kind != "f":
        return count_block(as_counted(block))
    if not np.isfinite(block).all():
        raise DataError(NOT_FINITE)
    return sum_block(block)


def accumulate_block(
    block: NDArray[Any],
    name: Callable[[int], str],
    options: DecodeOptions,
    details: Weight | None,
) -> PartialStats:
    """Count a block of images (N, C, H, W) of uint8, uint16 or floats, named by their index."""
    asked = options.pixels
    places = np.arange(len(block))
    keep = pixel_selection.kept(block, asked) if asked.selects else None
    broken: tuple[Broken, ...] = ()
    if block.dtype.kind == "f" and not np.isfinite(block).all():
        good = np.isfinite(block) if keep is None else np.isfinite(block) | ~keep[:, None]
        finite = good.all(axis=(1, 2, 3))
        broken = tuple((name(index), NOT_FINITE) for index in places[~finite].tolist())
        places = places[finite]
    without_pixels = 0
    if keep is not None:
        for index in places if asked.foreground else ():
            keep[index] = pixel_selection.foreground(block[index], keep[index])
        some = keep[places].any(axis=(1, 2))
        without_pixels = int(np.count_nonzero(~some))
        places = places[some]
    if len(places) == 0:
        return PartialStats(broken=broken, broken_count=len(broken), without_pixels=without_pixels)
    if len(places) < len(block):
        block, keep = block[places], None if keep is None else keep[places]
    counted = count_pixels(block, keep, asked.covariance)
    rows = _rows(block, keep) if details else ()
    stats = ChannelStats(
        images=len(block),
        pixels=counted.pixels,
        sizes=Counter({block.shape[2:]: len(block)}),
        values=counted.values,
        per_image=PerImage.of(details, rows) if details else None,
        products=counted.products,
    )
    return PartialStats(
        {counted.kind: stats},
        {counted.kind: tuple(map(name, places[:MAX_EXAMPLES].tolist()))},
        broken,
        len(broken),
        rows=rows,
        without_pixels=without_pixels,
    )


def _rows(block: NDArray[Any], keep: Keep | None) -> tuple[ImageSums, ...]:
    if keep is not None or block.dtype.kind == "f" or block[0].size > MAX_AS_INT64:
        kept: Iterable[Keep | None] = [None] * len(block) if keep is None else keep[:, None]
        pairs = zip(block, kept, strict=True)
        return tuple(count_pixels(image[None], its, covariance=False).row for image, its in pairs)
    pixels = block.shape[2] * block.shape[3]
    flat = block.reshape(*block.shape[:2], -1).astype(np.int64)  # (N, C, H·W)
    totals = flat.sum(axis=2).tolist()
    squares = np.square(flat).sum(axis=2).tolist()
    sums = zip(totals, squares, strict=True)
    return tuple(ImageSums(pixels, tuple(t), tuple(q)) for t, q in sums)

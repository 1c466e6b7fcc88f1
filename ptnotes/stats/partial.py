"""What a chunk of images contributes: the statistics of every kind found, and the broken images."""

import itertools
import operator
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.accumulators import Counts, Sums, count_block, count_image, sum_block
from ptnotes.stats.decode import DecodeOptions, describe_error, pixels, read
from ptnotes.stats.items import Item
from ptnotes.stats.per_image import ImageSums, PerImage, Weight
from ptnotes.stats.statistics import ChannelStats, Size

MAX_EXAMPLES = 5  # names kept of each kind
MAX_BROKEN_NAMES = 1000  # broken images kept by name; the rest is only counted
MAX_AS_INT64 = 1 << 18  # values of an image that are converted rather than counted
NOT_FINITE = "it holds NaN or an infinity"

Kind = tuple[int, int]  # channels, and the level that stands for 1.0: 255, 65535, or 1 for floats
Broken = tuple[str, str]  # name and reason


@dataclass(frozen=True)
class PartialStats:
    """Statistics by kind, a few names of each kind, the broken images.

    ``first_of_several`` counts the files of which the first page or frame alone was read,
    ``extra_pages`` what was read of others beyond the first. ``rows`` holds the sums of every
    image in order, where they were asked for.
    """

    stats: dict[Kind, ChannelStats] = field(default_factory=dict)
    examples: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    broken_count: int = 0
    first_of_several: int = 0
    rows: tuple[ImageSums, ...] = ()
    extra_pages: int = 0

    @property
    def images_seen(self) -> int:
        """How many images were read, the broken ones among them."""
        return self.broken_count + sum(stats.images for stats in self.stats.values())

    @property
    def items_seen(self) -> int:
        """How many items of the source were read: all pages of a file are one."""
        return self.images_seen - self.extra_pages

    def __add__(self, other: "PartialStats") -> "PartialStats":
        """Both together, without ``rows``: their consumer takes them chunk by chunk."""
        stats, examples = dict(self.stats), dict(self.examples)
        for kind, more in other.stats.items():
            stats[kind] = stats[kind] + more if kind in stats else more
            names = sorted(examples.get(kind, ()) + other.examples[kind])
            examples[kind] = tuple(names[:MAX_EXAMPLES])
        return PartialStats(
            stats,
            examples,
            tuple(sorted(self.broken + other.broken)[:MAX_BROKEN_NAMES]),
            self.broken_count + other.broken_count,
            self.first_of_several + other.first_of_several,
            extra_pages=self.extra_pages + other.extra_pages,
        )


@dataclass
class _Accumulator:
    """The images of one kind in a chunk."""

    values: Counts | Sums
    names: list[str] = field(default_factory=list)
    sizes: Counter[Size] = field(default_factory=Counter)
    rows: list[ImageSums] = field(default_factory=list)
    pixels: int = 0

    def stats(self, details: Weight | None) -> ChannelStats:
        per_image = PerImage.of(details, self.rows) if details else None
        return ChannelStats(len(self.names), self.pixels, self.sizes, self.values, per_image)


def accumulate_images(
    items: Iterable[Item], options: DecodeOptions, details: Weight | None
) -> PartialStats:
    """Decode and count a chunk of images; ``details`` keeps the sums of each, so weighted."""
    by_kind: dict[Kind, _Accumulator] = {}
    broken: list[Broken] = []
    rows: list[ImageSums] = []
    first_of_several = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of large images
        for item in items:
            try:
                values, size, area, one_of_several = _measure(item, options)
            except Exception as error:  # on a broken file Pillow's decoders raise almost any type
                broken.append((item.name, describe_error(error)))
                continue
            first_of_several += one_of_several
            kind = (values.channels, values.scale)
            if kind in by_kind:
                into = by_kind[kind]
                into.values = into.values + values  # type: ignore[operator]  # of one kind
            else:
                into = by_kind[kind] = _Accumulator(values)
            into.names.append(item.name)
            into.sizes[size] += 1
            into.pixels += area
            if details:
                rows.append(ImageSums(area, values.totals, values.squares))
                into.rows.append(rows[-1])
    return PartialStats(
        {kind: one.stats(details) for kind, one in by_kind.items()},
        {kind: tuple(sorted(one.names)[:MAX_EXAMPLES]) for kind, one in by_kind.items()},
        tuple(broken),
        len(broken),
        first_of_several,
        tuple(rows),
    )


def _measure(item: Item, options: DecodeOptions) -> tuple[Counts | Sums, Size, int, bool]:
    """An image's values, its size as stored, the pixels counted, if the file holds more images.

    The image is freed when this returns, so that the next one's memory is still in the cache.
    """
    image, size, first_of_several = read(item, options)
    if isinstance(image, np.ndarray):
        return _block_values(image[None]), size, image[0].size, first_of_several
    return _values(image), size, image.width * image.height, first_of_several


def _values(image: Image.Image) -> Counts | Sums:
    if image.mode in ("L", "RGB"):
        return count_image(image)
    return reduce(operator.add, map(_block_values, pixels(image)))


def _block_values(block: NDArray[Any]) -> Counts | Sums:
    if block.dtype.kind != "f":
        return count_block(block)
    if not np.isfinite(block).all():
        raise DataError(NOT_FINITE)
    return sum_block(block)


def accumulate_block(
    block: NDArray[Any], name: Callable[[int], str], details: Weight | None
) -> PartialStats:
    """Count a block of images (N, C, H, W) of uint8, uint16 or floats, named by their index."""
    floats = block.dtype.kind == "f"
    places: Sequence[int] = range(len(block))
    broken: tuple[Broken, ...] = ()
    if floats and not np.isfinite(block).all():
        finite = np.isfinite(block).all(axis=(1, 2, 3))
        broken = tuple((name(index), NOT_FINITE) for index in places if not finite[index])
        places = [index for index in places if finite[index]]
        block = block[finite]
    if len(block) == 0:
        return PartialStats(broken=broken, broken_count=len(broken))
    values = _block_values(block)
    height, width = block.shape[2:]
    rows = _rows(block) if details else ()
    stats = ChannelStats(
        images=len(block),
        pixels=len(block) * height * width,
        sizes=Counter({(height, width): len(block)}),
        values=values,
        per_image=PerImage.of(details, rows) if details else None,
    )
    kind = (values.channels, values.scale)
    examples = tuple(name(index) for index in places[:MAX_EXAMPLES])
    return PartialStats({kind: stats}, {kind: examples}, broken, len(broken), rows=rows)


def _rows(block: NDArray[Any]) -> tuple[ImageSums, ...]:
    pixels = block.shape[2] * block.shape[3]
    if block.dtype.kind == "f" or block[0].size > MAX_AS_INT64:
        sums = [_block_values(image[None]) for image in block]
        return tuple(ImageSums(pixels, one.totals, one.squares) for one in sums)
    flat = block.reshape(*block.shape[:2], -1).astype(np.int64)  # (N, C, H·W)
    totals = flat.sum(axis=2).tolist()
    squares = np.square(flat).sum(axis=2).tolist()
    pairs = zip(totals, squares, strict=True)
    return tuple(ImageSums(pixels, tuple(t), tuple(q)) for t, q in pairs)


def accumulate_mixed(
    chunk: Sequence[Item], options: DecodeOptions, details: Weight | None
) -> PartialStats:
    """Items that hold PIL images one by one, those that hold blocks of one shape together."""
    whole = PartialStats()
    for shape, group in itertools.groupby(chunk, key=_block_shape):
        items = list(group)
        if shape is None:
            whole += accumulate_images(items, options, details)
        else:
            block = np.concatenate([item.content for item in items])
            names = [item.name for item in items for _ in range(len(item.content))]  # type: ignore[arg-type]
            whole += accumulate_block(block, names.__getitem__, details)
    return whole


def _block_shape(item: Item) -> tuple[Any, ...] | None:
    content = item.content
    return (*content.shape[1:], content.dtype) if isinstance(content, np.ndarray) else None

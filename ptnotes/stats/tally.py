"""What a chunk of images adds: the statistics of every kind found, and what was broken."""

import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.channel_stats import ChannelStats, Size
from ptnotes.stats.accumulators import Counts, count
from ptnotes.stats.decode import Item, Reading, pixels, read, reason
from ptnotes.stats.per_image import ImageSums, PerImage, Weight
from ptnotes.stats.sums import Sums, add_up

EXAMPLES = 5  # names kept of each kind
NAMED = 1000  # broken images kept by name; the rest is only counted
NOT_FINITE = "it holds NaN or an infinity"

Kind = tuple[int, int]  # channels, and the level that stands for 1.0: 255, 65535, or 1 for floats
Broken = tuple[str, str]  # name and reason


@dataclass(frozen=True)
class Tally:
    """Statistics by kind, a few names of each kind, the broken images.

    ``rows`` holds the sums of every image in order, where they were asked for.
    """

    stats: dict[Kind, ChannelStats] = field(default_factory=dict)
    examples: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    broken_count: int = 0
    rows: tuple[ImageSums, ...] = ()

    @property
    def done(self) -> int:
        """How many images were looked at."""
        return self.broken_count + sum(stats.images for stats in self.stats.values())

    def __add__(self, other: "Tally") -> "Tally":
        """Both together, but for ``rows``: whoever wants them takes them chunk by chunk."""
        stats, examples = dict(self.stats), dict(self.examples)
        for kind, more in other.stats.items():
            stats[kind] = stats[kind] + more if kind in stats else more
            names = sorted(examples.get(kind, ()) + other.examples[kind])
            examples[kind] = tuple(names[:EXAMPLES])
        return Tally(
            stats,
            examples,
            tuple(sorted(self.broken + other.broken)[:NAMED]),
            self.broken_count + other.broken_count,
        )


@dataclass
class _Gathered:
    """What one kind gathers within a chunk."""

    values: Counts | Sums
    names: list[str] = field(default_factory=list)
    sizes: Counter[Size] = field(default_factory=Counter)
    rows: list[ImageSums] = field(default_factory=list)
    pixels: int = 0

    def frozen(self, details: Weight | None) -> ChannelStats:
        per_image = PerImage.of(details, self.rows) if details else None
        return ChannelStats(len(self.names), self.pixels, self.sizes, self.values, per_image)


def tally_images(items: Iterable[Item], reading: Reading, details: Weight | None) -> Tally:
    """Read and count a chunk of images; ``details`` keeps each one's sums, weighted like that."""
    gathered: dict[Kind, _Gathered] = {}
    broken: list[Broken] = []
    rows: list[ImageSums] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of large images
        for item in items:
            try:
                values, size, area = _measured(item, reading)
            except Exception as error:  # a broken file makes Pillow's decoders raise nearly any
                broken.append((item.name, reason(error)))
                continue
            kind = (values.channels, values.scale)
            if kind in gathered:
                into = gathered[kind]
                into.values = into.values + values  # type: ignore[operator]  # of one kind
            else:
                into = gathered[kind] = _Gathered(values)
            into.names.append(item.name)
            into.sizes[size] += 1
            into.pixels += area
            if details:
                rows.append(ImageSums(area, values.totals, values.squares))
                into.rows.append(rows[-1])
    return Tally(
        {kind: one.frozen(details) for kind, one in gathered.items()},
        {kind: tuple(sorted(one.names)[:EXAMPLES]) for kind, one in gathered.items()},
        tuple(broken),
        len(broken),
        tuple(rows),
    )


def _measured(item: Item, reading: Reading) -> tuple[Counts | Sums, Size, int]:
    """What an image holds, its size as stored, the pixels counted.

    The image is gone when this returns, so that the next one finds its memory in the cache.
    """
    image, size = read(item, reading)
    return _values(image), size, image.width * image.height


def _values(image: Image.Image) -> Counts | Sums:
    """An 8-bit image's histogram comes from Pillow: no array of its pixels is made."""
    if image.mode in ("L", "RGB"):
        counts = array("q", image.histogram())  # twice as fast as numpy's way from a list
        return Counts(np.frombuffer(counts, dtype=np.int64).reshape(-1, 256))
    block = pixels(image)
    if block.dtype == np.uint16:
        return count(block)
    if not np.isfinite(block).all():
        raise DataError(NOT_FINITE)
    return add_up(block)


def tally_block(block: NDArray[Any], name: Callable[[int], str], details: Weight | None) -> Tally:
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
        return Tally(broken=broken, broken_count=len(broken))
    values = add_up(block) if floats else count(block)
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
    examples = tuple(name(index) for index in places[:EXAMPLES])
    return Tally({kind: stats}, {kind: examples}, broken, len(broken), rows)


def _rows(block: NDArray[Any]) -> tuple[ImageSums, ...]:
    pixels = block.shape[2] * block.shape[3]
    if block.dtype.kind == "f":
        sums = [add_up(image[None]) for image in block]
        return tuple(ImageSums(pixels, one.totals, one.squares) for one in sums)
    flat = block.reshape(*block.shape[:2], -1).astype(np.int64)  # (N, C, H·W)
    totals = flat.sum(axis=2).tolist()
    squares = np.square(flat).sum(axis=2).tolist()
    pairs = zip(totals, squares, strict=True)
    return tuple(ImageSums(pixels, tuple(t), tuple(q)) for t, q in pairs)

"""Images counted: one by one as they are decoded, or a block of equal ones at once."""

import itertools
import operator
import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import pixel_selection
from ptnotes.stats.accumulators import Counts, Sums, count_image
from ptnotes.stats.blocks import NOT_FINITE, Counted, accumulate_block, block_values, count_pixels
from ptnotes.stats.decode import DecodeOptions, describe_error, pixels, read
from ptnotes.stats.items import Item
from ptnotes.stats.partial import MAX_EXAMPLES, Broken, Kind, PartialStats
from ptnotes.stats.per_image import ImageSums, PerImage, Weight
from ptnotes.stats.pixel_selection import Labels, PixelOptions
from ptnotes.stats.statistics import ChannelStats, Size


class Measured(NamedTuple):
    """An image: its size as stored, whether its file holds more, what counts of it: nothing where
    no pixel does. ``groups`` has what counts of it in a folder, or for a label.
    """

    size: Size
    of_several: bool
    counted: Counted | None
    groups: dict[str, Counted]


K = TypeVar("K")


@dataclass
class _Accumulator:
    """The images of one kind in a chunk."""

    counted: Counted
    images: int = 0
    names: list[str] = field(default_factory=list)
    sizes: Counter[Size] = field(default_factory=Counter)
    rows: list[ImageSums] = field(default_factory=list)
    groups: dict[str, "_Accumulator"] = field(default_factory=dict)

    def add(self, size: Size, counted: Counted, details: Weight | None) -> None:
        """An image, unless it is the first, which is there already."""
        if self.images:
            self.counted = self.counted + counted
        self.images += 1
        self.sizes[size] += 1
        if details:
            self.rows.append(counted.row)

    def stats(self, details: Weight | None) -> ChannelStats:
        return ChannelStats(
            self.images,
            self.counted.pixels,
            self.sizes,
            self.counted.values,
            PerImage.of(details, self.rows) if details else None,
            self.counted.products,
            {name: group.stats(details) for name, group in self.groups.items()},
        )


def _entry(table: dict[K, _Accumulator], key: K, counted: Counted) -> _Accumulator:
    """The entry of a key, which its first image makes."""
    if key not in table:
        table[key] = _Accumulator(counted)
    return table[key]


def accumulate_images(
    items: Iterable[Item], options: DecodeOptions, details: Weight | None
) -> PartialStats:
    """Decode and count a chunk of images; ``details`` keeps the sums of each, so weighted."""
    by_kind: dict[Kind, _Accumulator] = {}
    broken: list[Broken] = []
    rows: list[ImageSums] = []
    first_of_several = without_pixels = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of odd metadata and of large images
        for item in items:
            try:
                measured = _measure(item, options)
            except UsageError:  # of an option, not of the image
                raise
            except Exception as error:  # on a broken file Pillow's decoders raise almost any type
                broken.append((item.name, describe_error(error)))
                continue
            first_of_several += measured.of_several
            if (counted := measured.counted) is None:
                without_pixels += 1
                continue
            into = _entry(by_kind, counted.kind, counted)
            into.add(measured.size, counted, details)
            into.names.append(item.name)
            if details:
                rows.append(counted.row)
            for name, part in measured.groups.items():
                _entry(into.groups, name, part).add(measured.size, part, details)
    return PartialStats(
        {kind: one.stats(details) for kind, one in by_kind.items()},
        {kind: tuple(sorted(one.names)[:MAX_EXAMPLES]) for kind, one in by_kind.items()},
        tuple(broken),
        len(broken),
        first_of_several,
        tuple(rows),
        without_pixels=without_pixels,
    )


def _measure(item: Item, options: DecodeOptions) -> Measured:
    """Read an image and count it.

    The image is freed when this returns, so that the next one's memory is still in the cache.
    """
    image, size, of_several = read(item, options)
    asked = options.pixels
    counted: Counted | None
    groups: dict[str, Counted] = {}
    if asked.selects or asked.covariance:
        counted, groups = _chosen(item, image, asked)
    elif isinstance(image, np.ndarray):
        counted = Counted(image[0].size, block_values(image[None]))
    else:
        counted = Counted(image.width * image.height, _values(image))
    if counted is not None and asked.by:
        groups = {item.name.rpartition("/")[0] or ".": counted}
    return Measured(size, of_several, counted, groups)


def _chosen(
    item: Item, image: Image.Image | NDArray[Any], asked: PixelOptions
) -> tuple[Counted | None, dict[str, Counted]]:
    """What counts of an image, and of each label of its mask."""
    array = _channels_first(image)
    block, keep, groups = array[None], None, {}
    if asked.selects:
        labels = _labels(item, asked.mask) if asked.mask is not None else None
        (keep,) = pixel_selection.kept(block, asked, labels)
    if array.dtype.kind == "f" and not np.isfinite(array if keep is None else array[:, keep]).all():
        raise DataError(NOT_FINITE)
    if keep is not None:
        if asked.foreground:
            keep = pixel_selection.foreground(array, keep)
        if not keep.any():
            return None, {}
        if labels is not None and asked.mask_values:
            for label in pixel_selection.labels_in(labels, keep):
                its = (keep & (labels == label))[None]
                groups[str(label)] = count_pixels(block, its, asked.covariance)
        keep = keep[None]
    return count_pixels(block, keep, asked.covariance), groups


def _channels_first(image: Image.Image | NDArray[Any]) -> NDArray[Any]:
    """(C, H, W)."""
    if isinstance(image, np.ndarray):
        return image
    array = np.asarray(image)
    return array.transpose(2, 0, 1) if array.ndim == 3 else array[None]


def _labels(item: Item, mask: str) -> Labels:
    if not isinstance(item.content, str):
        raise UsageError("--mask goes with images in files of their own")
    return pixel_selection.read_labels(item.name, item.content, mask)


def _values(image: Image.Image) -> Counts | Sums:
    if image.mode in ("L", "RGB"):
        return count_image(image)
    return reduce(operator.add, map(block_values, pixels(image)))


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
            whole += accumulate_block(block, names.__getitem__, options, details)
    return whole


def _block_shape(item: Item) -> tuple[Any, ...] | None:
    content = item.content
    return (*content.shape[1:], content.dtype) if isinstance(content, np.ndarray) else None

"""Which pixels of an image count: not those of a colour, within a mask, above Otsu's threshold."""

import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError, UsageError

Keep = NDArray[np.bool_]
Labels = NDArray[Any]  # a mask's values: (H, W) of integers, 0 where nothing counts

MASK_MODES = ("1", "L", "P", "I;16", "I;16L", "I;16B", "I;16N", "I")  # Pillow's of one channel
MASK_SUFFIXES = (".png", ".tif", ".tiff", ".bmp", ".gif", ".pgm", ".webp", ".jpg", ".jpeg")
MAX_LABELS = 256  # in one mask
MAX_COUNTED = 1 << 20  # levels of brightness that are counted rather than sorted


@dataclass(frozen=True)
class PixelOptions:
    """Which pixels count, and what is gathered of them beside the sums of each channel.

    ``ignore`` is a value that a pixel has in every channel, or one for each channel with commas
    between them. ``mask`` is a folder that mirrors the images', or what an image's path has in the
    place of its ending.
    """

    ignore: str | None = None
    mask: str | None = None
    mask_values: bool = False  # statistics of each label too
    foreground: bool = False
    by: Literal["folder"] | None = None  # statistics of each folder too
    covariance: bool = False

    def check(self) -> None:
        """Raises UsageError for a colour or mask that can't be one."""
        if self.ignore is not None:
            try:
                parse_colour(self.ignore)
            except ValueError as error:
                raise UsageError(
                    f"what to ignore is a number, or a number for each channel with commas "
                    f"between them, not '{self.ignore}'"
                ) from error
        if self.mask is None and self.mask_values:
            raise UsageError("--mask-values wants --mask")
        if self.mask is not None and not os.path.isdir(self.mask):
            if not self.mask or "/" in self.mask or os.sep in self.mask:
                raise UsageError(f"there is no folder of masks {self.mask!r}")
        if self.mask_values and self.by:
            raise UsageError("--mask-values and --by exclude each other")

    @property
    def selects(self) -> bool:
        return self.ignore is not None or self.mask is not None or self.foreground

    @property
    def of_files(self) -> str | None:
        """The option, if there is one, that needs images with names in folders."""
        return "--mask" if self.mask else "--by folder" if self.by else None


EVERY_PIXEL = PixelOptions()


def parse_colour(text: str) -> tuple[float, ...]:
    """``"0"``, ``"255,0,255"``, ``"-9999"`` or ``"nan"``. Raises ValueError."""
    numbers = tuple(map(float, text.split(",")))
    if any(map(math.isinf, numbers)):
        raise ValueError(f"'{text}' holds an infinity")
    return numbers


def kept(block: NDArray[Any], options: PixelOptions, labels: Labels | None = None) -> Keep:
    """Which pixels of (N, C, H, W) count, (N, H, W), before ``foreground`` chooses among them.

    Raises DataError if a colour or a mask isn't of the images' channels or size.
    """
    keep = np.ones((len(block), *block.shape[2:]), dtype=bool)
    if labels is not None:
        if labels.shape != block.shape[2:]:
            sizes = ["{1}×{0}".format(*shape) for shape in (labels.shape, block.shape[2:])]
            raise DataError(f"its mask has {sizes[0]} pixels, and it has {sizes[1]}")
        keep &= labels != 0
    if options.ignore is not None:
        channels, colour = block.shape[1], parse_colour(options.ignore)
        if len(colour) not in (1, channels):
            raise DataError(
                f"the colour to ignore has {len(colour)} values, and its channels are {channels}"
            )
        colour *= channels if len(colour) == 1 else 1
        ignored = [_equal(block[:, c], value) for c, value in enumerate(colour)]
        keep &= ~np.logical_and.reduce(ignored)
    return keep


def _equal(values: NDArray[Any], value: float) -> Keep:
    if math.isnan(value):
        return np.isnan(values) if values.dtype.kind == "f" else np.zeros(values.shape, dtype=bool)
    # Python's integers are compared as such: 256 is none of a byte's
    return np.asarray(values == (int(value) if value.is_integer() else value))


def foreground(image: NDArray[Any], keep: Keep) -> Keep:
    """Which of the kept pixels of (C, H, W) lie above Otsu's threshold of their channels' sum."""
    if not keep.any():
        return keep
    wide = np.float64 if image.dtype.kind == "f" else np.int64
    brightness = image.sum(axis=0, dtype=wide)
    return np.asarray(keep & (brightness > otsu_threshold(brightness[keep])))


def otsu_threshold(values: NDArray[Any]) -> float:
    """The value with the largest variance between those up to it and those above it.

    Of a single value, that value: nothing lies above it.
    """
    levels, counts = _levels_and_counts(values)
    if len(levels) == 1:
        return float(levels[0])
    below = np.cumsum(counts)[:-1].astype(np.float64)
    above = len(values) - below
    shifted = (levels - levels[0]).astype(np.float64)
    sums = np.cumsum(shifted * counts)
    between = (sums[-1] * below / len(values) - sums[:-1]) ** 2 / (below * above)
    return float(levels[between.argmax()])


def _levels_and_counts(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    low, high = values.min(), values.max()
    if values.dtype.kind == "f" or high - low > MAX_COUNTED:
        return np.unique(values, return_counts=True)
    counts = np.bincount(values - low)  # without sorting them
    levels = np.flatnonzero(counts)
    return levels + low, counts[levels]


def read_labels(name: str, path: str, mask: str) -> Labels:
    """The mask of the image at ``path``, which is called ``name`` in its source.

    Raises DataError if it isn't there or has more than one channel, and what Pillow raises.
    """
    found = next(filter(os.path.isfile, places := [*_mask_paths(name, path, mask)]), None)
    if found is None:
        raise DataError(f"it has no mask {places[:2][-1]}")
    with Image.open(found) as image:
        if image.mode not in MASK_MODES:
            raise DataError(f"its mask has the mode {image.mode}, and labels are a single channel")
        image.load()
        labels = np.asarray(image)  # of a palette, the indexes
    return labels.astype(np.uint8) if labels.dtype == bool else labels


def _mask_paths(name: str, path: str, mask: str) -> Iterator[str]:
    """Where the mask may lie."""
    if not os.path.isdir(mask):
        yield os.path.splitext(path)[0] + mask
        return
    here = os.path.join(mask, os.path.basename(name) if os.path.isabs(name) else name)
    yield here
    stem = os.path.splitext(here)[0]
    yield from (stem + suffix for suffix in MASK_SUFFIXES)


def is_mask(root: str, mask: str) -> Callable[[str], bool]:
    """The test for a name below ``root`` that is no image but the mask of one."""
    if not os.path.isdir(mask):
        return lambda name: name.endswith(mask)
    below = os.path.relpath(os.path.realpath(mask), os.path.realpath(root)).replace(os.sep, "/")
    return lambda name: name.startswith(f"{below}/")


def labels_in(labels: Labels, keep: Keep) -> list[int]:
    """The labels of the kept pixels. Raises DataError for more than a mask of classes has."""
    found: list[int] = np.unique(labels[keep]).tolist()
    if len(found) > MAX_LABELS:
        raise DataError(f"its mask has {len(found)} labels, and {MAX_LABELS} are the most")
    return found

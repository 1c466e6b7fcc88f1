"""Exact sums over pixels: 8- and 16-bit values are counted, floats summed without rounding.

Both come out the same in any order, and merging is plain addition.
"""

from array import array
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.stats.documents import check, exact, number
from ptnotes.stats.rational import SUMMED_AT_ONCE, exact_dot, exact_sum, scaled

Histogram = NDArray[np.int64]

COUNTED_AT_ONCE = 1 << 22  # 16-bit values


@dataclass(frozen=True, eq=False)
class Counts:
    """How often every level occurs in every channel: ``table`` is (C, 256) or (C, 65536)."""

    table: Histogram

    @property
    def channels(self) -> int:
        return len(self.table)

    @property
    def scale(self) -> int:
        """The level that stands for 1.0: 255 or 65535."""
        return int(self.table.shape[1]) - 1

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Σx of every channel, in Python's integers where int64 might overflow."""
        return tuple(self._power_sum(channel, 1) for channel in range(self.channels))

    @cached_property
    def squares(self) -> tuple[int, ...]:
        """Σx² of every channel."""
        return tuple(self._power_sum(channel, 2) for channel in range(self.channels))

    @cached_property
    def cubes(self) -> tuple[int, ...]:
        """Σx³ of every channel."""
        return tuple(self._power_sum(channel, 3) for channel in range(self.channels))

    def _power_sum(self, channel: int, power: int) -> int:
        counts = self.table[channel]
        levels = np.arange(len(counts)) ** power
        if int(counts.sum()) * self.scale**power < 2**63:
            return int(counts @ levels)
        used = np.flatnonzero(counts)
        pairs = zip(levels[used].tolist(), counts[used].tolist(), strict=True)
        return sum(level * count for level, count in pairs)

    @property
    def min(self) -> tuple[int, ...]:
        return tuple(int(np.flatnonzero(row)[0]) for row in self.table)

    @property
    def max(self) -> tuple[int, ...]:
        return tuple(int(np.flatnonzero(row)[-1]) for row in self.table)

    @property
    def zeros(self) -> tuple[int, ...]:
        """How many values are 0."""
        return tuple(self.table[:, 0].tolist())

    @property
    def saturated(self) -> tuple[int, ...]:
        """How many values are at the highest level."""
        return tuple(self.table[:, -1].tolist())

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.table + other.table)

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types."""
        return {"counts": self.table.tolist()}

    @classmethod
    def from_document(cls, document: dict[str, Any], pixels: int) -> "Counts":
        """Raises ValueError or OverflowError for what isn't the counts of so many pixels."""
        table = np.array(document["counts"])
        check(table.dtype.kind == "i" and table.ndim == 2, "the type of the counts")
        check(table.shape[0] > 0 and table.shape[1] in (256, 65536), "the shape of the counts")
        within = table.min() >= 0 and table.max() < 2**62 // table.shape[1]
        check(within and (table.sum(axis=1) == pixels).all(), "the number of pixels")
        return cls(table.astype(np.int64))


@dataclass(frozen=True)
class Sums:
    """Σx, Σx², the extremes, and how many values are 0 and 1; an entry per channel."""

    totals: tuple[Fraction, ...]
    squares: tuple[Fraction, ...]
    min: tuple[float, ...]
    max: tuple[float, ...]
    zeros: tuple[int, ...]
    saturated: tuple[int, ...]

    @property
    def channels(self) -> int:
        return len(self.totals)

    @property
    def scale(self) -> int:
        """Floats are taken as they are."""
        return 1

    def __add__(self, other: "Sums") -> "Sums":
        def added(ours: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(a + b for a, b in zip(ours, theirs, strict=True))

        return Sums(
            totals=added(self.totals, other.totals),
            squares=added(self.squares, other.squares),
            min=tuple(map(min, self.min, other.min)),
            max=tuple(map(max, self.max, other.max)),
            zeros=added(self.zeros, other.zeros),
            saturated=added(self.saturated, other.saturated),
        )

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types."""
        return {
            "totals": [str(total) for total in self.totals],
            "squares": [str(squares) for squares in self.squares],
            "low": list(self.min),
            "high": list(self.max),
            "zeros": list(self.zeros),
            "fulls": list(self.saturated),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any], pixels: int) -> "Sums":
        """Raises ValueError for what isn't the sums over so many pixels."""
        sums = cls(
            totals=tuple(Fraction(exact(total)) for total in document["totals"]),
            squares=tuple(Fraction(exact(square)) for square in document["squares"]),
            min=tuple(map(float, document["low"])),
            max=tuple(map(float, document["high"])),
            zeros=tuple(map(number, document["zeros"])),
            saturated=tuple(map(number, document["fulls"])),
        )
        columns = (sums.totals, sums.squares, sums.min, sums.max, sums.zeros, sums.saturated)
        for total, squares, low, high, *_ in zip(*columns, strict=True):
            within = Fraction(low) * pixels <= total <= Fraction(high) * pixels
            check(within, "a sum that its extremes exclude")
            check(0 <= squares <= Fraction(max(-low, high)) ** 2 * pixels, "a sum of squares")
        check(sums.channels > 0, "no channels")
        return sums


def count_image(image: Image.Image) -> Counts:
    """The histograms of an image of mode L or RGB; Pillow counts without a copy of its pixels."""
    counts = array("q", image.histogram())  # twice as fast as numpy's conversion of a list
    return Counts(np.frombuffer(counts, dtype=np.int64).reshape(-1, 256))


def count_block(block: NDArray[Any]) -> Counts:
    """The histograms of a block (N, C, H, W) of uint8 or uint16."""
    return Counts(np.stack([_histogram(block[:, channel]) for channel in range(block.shape[1])]))


def _histogram(values: NDArray[Any]) -> Histogram:
    """Of one channel (N, H, W)."""
    if values.itemsize == 2:
        flat = values.reshape(-1)  # bincount makes int64 of it
        starts = range(0, len(flat), COUNTED_AT_ONCE)
        counts = [np.bincount(flat[s : s + COUNTED_AT_ONCE], minlength=65536) for s in starts]
        return np.asarray(np.sum(counts, axis=0))
    rows = np.ascontiguousarray(values).reshape(-1, values.shape[2])
    # Pillow counts bytes; bincount would make int64 of them first, and takes twice as long
    return np.asarray(count_image(Image.fromarray(rows)).table[0])


def sum_block(block: NDArray[Any]) -> Sums:
    """The sums of a block (N, C, H, W) of finite floats."""
    channels = [block[:, c].reshape(-1) for c in range(block.shape[1])]
    sums = [_total_and_squares(values) for values in channels]
    return Sums(
        totals=tuple(total for total, _ in sums),
        squares=tuple(squares for _, squares in sums),
        min=tuple(float(values.min()) for values in channels),
        max=tuple(float(values.max()) for values in channels),
        zeros=tuple(int(np.count_nonzero(values == 0)) for values in channels),
        saturated=tuple(int(np.count_nonzero(values == 1)) for values in channels),
    )


def _total_and_squares(values: NDArray[Any]) -> tuple[Fraction, Fraction]:
    """Σx and Σx², exact as ``exact_dot`` is."""
    total = squares = Fraction(0)
    single = values.dtype.itemsize < 8
    for start in range(0, len(values), SUMMED_AT_ONCE):
        piece, unit = scaled(values[start : start + SUMMED_AT_ONCE])
        total += exact_sum(piece) * unit
        squares += exact_dot(piece, piece, single=single) * unit**2
    return total, squares

"""Floats, summed without rounding: the same in any order, and merging is plain addition."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PIECE = 1 << 16  # values summed at once: they stay in the cache


@dataclass(frozen=True)
class Sums:
    """Σx, Σx², the extremes, and how many values are 0 and 1; an entry per channel."""

    totals: tuple[Fraction, ...]
    squares: tuple[Fraction, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    zeros: tuple[int, ...]
    fulls: tuple[int, ...]

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
            low=tuple(map(min, self.low, other.low)),
            high=tuple(map(max, self.high, other.high)),
            zeros=added(self.zeros, other.zeros),
            fulls=added(self.fulls, other.fulls),
        )

    def document(self) -> dict[str, Any]:
        """What ``from_document`` reads: JSON's types alone."""
        return {
            "totals": [str(total) for total in self.totals],
            "squares": [str(squares) for squares in self.squares],
            "low": list(self.low),
            "high": list(self.high),
            "zeros": list(self.zeros),
            "fulls": list(self.fulls),
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Sums":
        return cls(
            totals=tuple(map(Fraction, document["totals"])),
            squares=tuple(map(Fraction, document["squares"])),
            **{name: tuple(document[name]) for name in ("low", "high", "zeros", "fulls")},
        )


def add_up(block: NDArray[Any]) -> Sums:
    """The sums of a block (N, C, H, W) of finite floats."""
    channels = [block[:, c].reshape(-1) for c in range(block.shape[1])]
    sums = [_total_and_squares(values) for values in channels]
    return Sums(
        totals=tuple(total for total, _ in sums),
        squares=tuple(squares for _, squares in sums),
        low=tuple(float(values.min()) for values in channels),
        high=tuple(float(values.max()) for values in channels),
        zeros=tuple(int(np.count_nonzero(values == 0)) for values in channels),
        fulls=tuple(int(np.count_nonzero(values == 1)) for values in channels),
    )


def _total_and_squares(values: NDArray[Any]) -> tuple[Fraction, Fraction]:
    """Σx and Σx². Exact up to float32; of float64, what lies 2⁻⁵⁰⁰ below the largest may be lost.

    Scaling by a power of two keeps the squares from overflowing.
    """
    total = squares = Fraction(0)
    single = values.dtype.itemsize < 8
    for start in range(0, len(values), PIECE):
        piece = values[start : start + PIECE].astype(np.float64)
        exponent = int(np.frexp(np.abs(piece).max())[1])
        piece = np.ldexp(piece, -exponent)
        unit = Fraction(2) ** exponent
        total += exact_sum(piece) * unit
        square = piece * piece  # 24 bits squared fit into float64's 53
        squares += exact_sum(square) * unit**2
        if not single:
            squares += exact_sum(_rounded_off(piece, square)) * unit**2
    return total, squares


def exact_sum(values: Floats) -> Fraction:
    """Σx without rounding (Rump, Ogita and Oishi's AccSum, carried through to the end).

    Adding and subtracting a power of two large enough cuts every value at the same bit. The upper
    parts then add up without rounding, and the lower parts are what the next pass sums.
    """
    total = Fraction(0)
    room = len(values).bit_length() + 1
    while len(values) and (largest := np.abs(values).max()) > 0:
        cut = np.ldexp(1.0, np.frexp(largest)[1] + room)
        upper = (values + cut) - cut
        total += Fraction(float(upper.sum()))
        values = values - upper
    return total


def _rounded_off(x: Floats, square: Floats) -> Floats:
    """x² − square without rounding, for square = x² rounded (Dekker's product)."""
    shifted = 134217729.0 * x  # 2²⁷ + 1 splits 53 bits into two halves
    upper = shifted - (shifted - x)
    lower = x - upper
    return np.asarray(((upper * upper - square) + 2 * upper * lower) + lower * lower)

"""How the channels vary together: products summed without rounding, and what follows from them."""

from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ptnotes.errors import UsageError
from ptnotes.stats.documents import check, exact
from ptnotes.stats.rational import SUMMED_AT_ONCE, exact_dot, scaled

if TYPE_CHECKING:
    from ptnotes.stats.per_image import Number

MAX_CHANNELS = 64  # 2,016 pairs
MULTIPLIED_AT_ONCE = 1 << 20  # pixels of 16 bits: the sum of their products stays below 2⁵³


@dataclass(frozen=True)
class Products:
    """Σ xᵢxⱼ over the pixels, for every two channels i < j: (0, 1), (0, 2), …, (1, 2), …"""

    sums: tuple["Number", ...]

    def __add__(self, other: "Products") -> "Products":
        pairs = zip(self.sums, other.sums, strict=True)
        return Products(tuple(ours + theirs for ours, theirs in pairs))

    def document(self) -> list[str]:
        """The form that ``from_document`` reads, in JSON's types."""
        return list(map(str, self.sums))

    @classmethod
    def from_document(cls, document: list[str], channels: int) -> "Products":
        """Raises ValueError for what can't be those of so many channels."""
        check(len(document) == channels * (channels - 1) // 2, "the sums of products")
        return cls(tuple(map(exact, document)))


class Component(NamedTuple):
    """A direction in which the colours vary by themselves, a number per channel, and how much."""

    variance: float
    direction: tuple[float, ...]


def products_of(values: NDArray[Any]) -> Products:
    """Of pixels (C, n) of uint8, uint16 or finite floats. Raises UsageError for too many channels.

    The products of integers and their sums are integers below 2⁵³: exact in float64, in any order.
    """
    channels, count = values.shape
    if channels > MAX_CHANNELS:
        raise UsageError(f"--covariance takes {MAX_CHANNELS} channels, and these are {channels}")
    pairs = list(combinations(range(channels), 2))
    if values.dtype.kind == "f":
        return Products(tuple(_float_product(values[i], values[j]) for i, j in pairs))
    sums = [0] * len(pairs)
    for start in range(0, count, MULTIPLIED_AT_ONCE):
        piece = values[:, start : start + MULTIPLIED_AT_ONCE].astype(np.float64)
        of_all = piece @ piece.T
        sums = [old + int(of_all[pair]) for old, pair in zip(sums, pairs, strict=True)]
    return Products(tuple(sums))


def _float_product(x: NDArray[Any], y: NDArray[Any]) -> Fraction:
    """Σxy, exact as ``exact_dot`` is."""
    total = Fraction(0)
    for start in range(0, len(x), SUMMED_AT_ONCE):
        (one, unit), (other, of_other) = (scaled(z[start : start + SUMMED_AT_ONCE]) for z in (x, y))
        total += exact_dot(one, other, single=x.dtype.itemsize < 8) * unit * of_other
    return total


def covariances(
    n: int,
    totals: tuple["Number", ...],
    squares: tuple["Number", ...],
    products: Products,
    scale: int,
) -> tuple[tuple[float, ...], ...]:
    """The population covariance of every two of the channels of ``n`` pixels, each rounded once."""
    channels = len(totals)
    of_pair = dict(zip(combinations(range(channels), 2), products.sums, strict=True))

    def covariance(i: int, j: int) -> float:
        product = squares[i] if i == j else of_pair[min(i, j), max(i, j)]
        found = Fraction(product) / n - Fraction(totals[i]) / n * (Fraction(totals[j]) / n)
        return float(found / scale**2)

    return tuple(tuple(covariance(i, j) for j in range(channels)) for i in range(channels))


def components(covariance: tuple[tuple[float, ...], ...]) -> list[Component]:
    """The principal components, the largest variance first; the largest entry of each is positive.

    Their square roots and directions are what AlexNet's colour augmentation multiplies.
    """
    variances, vectors = np.linalg.eigh(np.array(covariance))
    found = []
    for variance, vector in zip(variances[::-1].tolist(), vectors.T[::-1], strict=True):
        sign = 1 if vector[np.abs(vector).argmax()] > 0 else -1
        found.append(Component(max(variance, 0.0), tuple((sign * vector).tolist())))
    return found

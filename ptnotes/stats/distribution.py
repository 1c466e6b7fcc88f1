"""What the counts of a channel say beyond mean and std, in rational numbers, rounded once."""

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ptnotes.stats.rational import nearest_sqrt

PERCENTILES = (0.5, 1.0, 50.0, 99.0, 99.5)


def percentile(counts: NDArray[np.int64], q: float, scale: int) -> float:
    """The ``q``-th percentile (0 to 100) of values of which level i occurs ``counts[i]`` times.

    As numpy's "linear": the value at place q/100 · (n − 1) of the sorted ones, between two of them
    in proportion. Divided by ``scale``. Raises ValueError for another q.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile is from 0 to 100, not {q}")
    ends = np.cumsum(counts)  # how many values are at a level or below it
    place = Fraction(q) / 100 * (int(ends[-1]) - 1)
    below = place.numerator // place.denominator
    lower = int(np.searchsorted(ends, below, side="right"))
    upper = int(np.searchsorted(ends, below + 1, side="right"))
    if place == below:
        upper = lower
    return float((lower + (place - below) * (upper - lower)) / scale)


def skewness(n: int, total: int, squares: int, cubes: int) -> float | None:
    """The third standardized moment, m₃ / m₂^(3/2), of ``n`` values with these sums of their first
    three powers; None where all values are the same.
    """
    mean = Fraction(total, n)
    second = Fraction(squares, n) - mean**2
    third = Fraction(cubes, n) - 3 * mean * Fraction(squares, n) + 2 * mean**3
    if not second:
        return None
    size = nearest_sqrt(third**2 / second**3)
    return size if third > 0 else -size

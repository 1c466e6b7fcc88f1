"""Mean and standard deviation by their definitions, in rational numbers."""

import math
from collections.abc import Iterable
from fractions import Fraction


def is_nearest(found: float, value: Fraction) -> bool:
    """Whether no float is nearer to ``value`` than ``found``."""
    error = abs(Fraction(found) - value)
    neighbours = (math.nextafter(found, -math.inf), math.nextafter(found, math.inf))
    return all(error <= abs(Fraction(other) - value) for other in neighbours)


def is_nearest_root(found: float, value: Fraction) -> bool:
    """Whether no float is nearer to √``value`` than ``found`` ≥ 0; compares squares."""
    if value == 0:
        return found == 0
    above = (Fraction(found) + Fraction(math.nextafter(found, math.inf))) / 2
    below = (Fraction(found) + Fraction(math.nextafter(found, -math.inf))) / 2
    return max(below, Fraction(0)) ** 2 <= value <= above**2


def mean_and_variance(values: Iterable[float], scale: int = 1) -> tuple[Fraction, Fraction]:
    exact = [Fraction(value) / scale for value in values]
    mean = sum(exact, Fraction(0)) / len(exact)
    return mean, sum(((x - mean) ** 2 for x in exact), Fraction(0)) / len(exact)

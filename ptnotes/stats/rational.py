"""Arithmetic on floats without rounding, and the float nearest to a root."""

import math
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SUMMED_AT_ONCE = 1 << 16  # floats: they stay in the cache


def exact_sum(values: Floats) -> Fraction:
    """Σx without rounding (Rump, Ogita and Oishi's AccSum, repeated until nothing remains).

    Adding and subtracting a power of two large enough cuts every value at the same bit. The upper
    parts then add up without rounding, and the next pass sums the lower parts.
    """
    total = Fraction(0)
    room = len(values).bit_length() + 1
    while len(values) and (largest := np.abs(values).max()) > 0:
        cut = np.ldexp(1.0, np.frexp(largest)[1] + room)
        upper = (values + cut) - cut
        total += Fraction(float(upper.sum()))
        values = values - upper
    return total


def scaled(values: NDArray[Any]) -> tuple[Floats, Fraction]:
    """Within ±1, and the power of two by which they were divided: so no product overflows."""
    wide = values.astype(np.float64)
    exponent = int(np.frexp(np.abs(wide).max())[1])
    return np.ldexp(wide, -exponent), Fraction(2) ** exponent


def exact_dot(x: Floats, y: Floats, *, single: bool) -> Fraction:
    """Σxy within ±1; ``single`` says that they were float32, so that products fit into 53 bits.

    Without rounding, but of others what lies 2⁻⁵⁰⁰ below the largest may be lost.
    """
    product = x * y
    total = exact_sum(product)
    return total if single else total + exact_sum(rounding_error(x, y, product))


def rounding_error(x: Floats, y: Floats, product: Floats) -> Floats:
    """xy − product without rounding, for product = xy rounded (Dekker's product)."""
    (x_upper, x_lower), (y_upper, y_lower) = _halves(x), _halves(y)
    error = x_upper * y_upper - product
    error = (error + x_upper * y_lower) + x_lower * y_upper
    return np.asarray(error + x_lower * y_lower)


def _halves(x: Floats) -> tuple[Floats, Floats]:
    """Two numbers of 26 bits that add up to x."""
    shifted = 134217729.0 * x  # 2²⁷ + 1
    upper = shifted - (shifted - x)
    return upper, x - upper


def nearest_sqrt(value: Fraction) -> float:
    """The float nearest to √value, for value ≥ 0.

    The root is taken in integers to 64 bits or more, and one more bit says whether something was
    cut off; Python then rounds that integer quotient correctly (half to even).
    """
    numerator, denominator = value.numerator, value.denominator
    shift = max(0, 64 + (denominator.bit_length() - numerator.bit_length() + 1) // 2)
    scaled = numerator << (2 * shift)
    root = math.isqrt(scaled // denominator)
    cut_off = root * root * denominator != scaled
    return (2 * root + cut_off) / (1 << (shift + 1))

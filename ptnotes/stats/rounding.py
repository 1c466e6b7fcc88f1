"""From exact rational numbers to the nearest float."""

import math
from fractions import Fraction


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

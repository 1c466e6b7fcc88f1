"""Sums without rounding, and the nearest square root."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats.rational import exact_sum, nearest_sqrt
from tests.stats.exact import is_nearest_root

ratios = st.builds(Fraction, st.integers(0, 2**200), st.integers(1, 2**200))


@given(hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e30, 1e30)))
def test_sum_is_exact(values):
    assert exact_sum(values) == sum(map(Fraction, values.tolist()), Fraction(0))


def test_sum_that_cancels():
    assert exact_sum(np.array([1e100, 1.0, -1e100, 2.0**-60])) == 1 + Fraction(2) ** -60


def test_long_sum_is_exact():
    values = np.random.default_rng(0).normal(size=200_000) * 10.0 ** np.arange(-20, 20).repeat(5000)
    assert exact_sum(values) == sum(map(Fraction, values.tolist()), Fraction(0))


@given(ratios)
@example(Fraction(0))
@example(Fraction(1, 3))
@example(Fraction((2**53 + 1) ** 2, 2**60))  # a root halfway between two floats
@example(Fraction((2**53 + 1) ** 2 + 1, 2**60))
@example(Fraction((2**53 + 1) ** 2 - 1, 2**60))
def test_no_float_is_nearer(value):
    assert is_nearest_root(nearest_sqrt(value), value)


@given(ratios)
def test_against_decimal(value):
    with localcontext() as context:
        context.prec = 120
        root = (Decimal(value.numerator) / Decimal(value.denominator)).sqrt()
    assert nearest_sqrt(value) == float(root)


@given(st.integers(0, 2**53))
def test_squares_of_integers(root):
    assert nearest_sqrt(Fraction(root) ** 2) == root


@given(st.floats(0, 1e300, allow_subnormal=False))
def test_roots_of_floats_are_the_processors(value):
    assert nearest_sqrt(Fraction(value)) == math.sqrt(value)

"""Counts, exact sums of floats, and the nearest square root."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats.accumulators import Sums, count_block, exact_sum, nearest_sqrt, sum_block
from tests.stats.exact import is_nearest_root

ratios = st.builds(Fraction, st.integers(0, 2**200), st.integers(1, 2**200))
finite = {"allow_nan": False, "allow_infinity": False}


@given(hnp.arrays(np.float64, st.integers(0, 40), elements=st.floats(-1e30, 1e30)))
def test_sum_is_exact(values):
    assert exact_sum(values) == sum(map(Fraction, values.tolist()), Fraction(0))


def test_sum_that_cancels():
    assert exact_sum(np.array([1e100, 1.0, -1e100, 2.0**-60])) == 1 + Fraction(2) ** -60


def test_long_sum_is_exact():
    values = np.random.default_rng(0).normal(size=200_000) * 10.0 ** np.arange(-20, 20).repeat(5000)
    assert exact_sum(values) == sum(map(Fraction, values.tolist()), Fraction(0))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@given(data=st.data())
def test_up_to_float32_exact_to_the_last_bit(dtype, data):
    width = 8 * np.dtype(dtype).itemsize
    elements = st.floats(width=width, **finite)
    block = data.draw(hnp.arrays(dtype, st.just((2, 2, 3, 1)), elements=elements))
    sums = sum_block(block)
    for channel in range(2):
        exact = [Fraction(float(value)) for value in block[:, channel].ravel()]
        assert sums.totals[channel] == sum(exact)
        assert sums.squares[channel] == sum(value**2 for value in exact)


@given(hnp.arrays(np.float64, st.just((3, 1, 2, 2)), elements=st.floats(-1e200, 1e200)))
def test_float64_loses_only_what_is_negligible(block):
    sums = sum_block(block)
    exact = [Fraction(float(value)) for value in block.ravel()]
    largest = max(map(abs, exact))
    assert abs(sums.totals[0] - sum(exact)) <= largest / 2**500
    assert abs(sums.squares[0] - sum(value**2 for value in exact)) <= largest**2 / 2**500


@settings(max_examples=30)
@given(hnp.arrays(np.float32, st.just((6, 1, 2, 2)), elements=st.floats(0, 1, width=32)))
def test_any_order_and_document(block):
    parts = [sum_block(block[index : index + 2]) for index in (0, 2, 4)]
    assert parts[0] + parts[1] + parts[2] == parts[2] + (parts[1] + parts[0]) == sum_block(block)
    assert Sums.from_document(parts[0].document(), 8) == parts[0]


def test_extremes_and_shares():
    sums = sum_block(np.array([0, 1, 0.5, 0], dtype=np.float32).reshape(1, 1, 2, 2))
    assert (sums.min, sums.max, sums.zeros, sums.saturated) == ((0,), (1,), (2,), (1,))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2"])
def test_counts_of_any_memory_layout(dtype):
    array = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 3)).astype(dtype)
    array[0, 0, 0] = np.iinfo(dtype).max
    for block in (array.transpose(0, 3, 1, 2), array[::2, :, ::-1], array[1:, ::3].copy()):
        counts = count_block(block)
        for channel in range(block.shape[1]):
            values = block[:, channel].ravel()
            expected = np.bincount(values, minlength=np.iinfo(dtype).max + 1)
            assert counts.table[channel].tolist() == expected.tolist()
            assert (counts.min[channel], counts.max[channel]) == (values.min(), values.max())
        assert counts.saturated == tuple(counts.table[:, -1])


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

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats.sums import Sums, add_up, exact_sum

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
    sums = add_up(block)
    for channel in range(2):
        exact = [Fraction(float(value)) for value in block[:, channel].ravel()]
        assert sums.totals[channel] == sum(exact)
        assert sums.squares[channel] == sum(value**2 for value in exact)


@given(hnp.arrays(np.float64, st.just((3, 1, 2, 2)), elements=st.floats(-1e200, 1e200)))
def test_float64_loses_only_what_is_negligible(block):
    sums = add_up(block)
    exact = [Fraction(float(value)) for value in block.ravel()]
    largest = max(map(abs, exact))
    assert abs(sums.totals[0] - sum(exact)) <= largest / 2**500
    assert abs(sums.squares[0] - sum(value**2 for value in exact)) <= largest**2 / 2**500


@settings(max_examples=30)
@given(hnp.arrays(np.float32, st.just((6, 1, 2, 2)), elements=st.floats(0, 1, width=32)))
def test_any_order_and_document(block):
    parts = [add_up(block[index : index + 2]) for index in (0, 2, 4)]
    assert parts[0] + parts[1] + parts[2] == parts[2] + (parts[1] + parts[0]) == add_up(block)
    assert Sums.from_document(parts[0].document()) == parts[0]


def test_extremes_and_shares():
    sums = add_up(np.array([0, 1, 0.5, 0], dtype=np.float32).reshape(1, 1, 2, 2))
    assert (sums.low, sums.high, sums.zeros, sums.fulls) == ((0,), (1,), (2,), (1,))

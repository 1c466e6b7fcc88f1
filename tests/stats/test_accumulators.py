"""Counts, and sums of floats."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats.accumulators import Sums, count_block, sum_block

finite = {"allow_nan": False, "allow_infinity": False}


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

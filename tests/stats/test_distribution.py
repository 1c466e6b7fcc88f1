"""Percentiles and skewness, against numpy on few values and against their definitions."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.stats import channel_stats
from ptnotes.stats.accumulators import Counts
from ptnotes.stats.distribution import percentile, skewness
from tests.stats.exact import is_nearest, is_nearest_root

VALUES = st.lists(st.integers(0, 255), min_size=1, max_size=40)


def counted(values, levels=256):
    return np.bincount(values, minlength=levels)


@given(VALUES, st.floats(0, 100))
def test_percentile(values, q):
    """By the definition: between the two sorted values around place q (n − 1)."""
    place = Fraction(q) / 100 * (len(values) - 1)
    at = int(place)
    ordered = [*sorted(values), 0]
    exact = (
        ordered[at] + (place - at) * (ordered[at + 1] - ordered[at]) if place > at else ordered[at]
    )
    assert is_nearest(percentile(counted(values), q, 255), Fraction(exact) / 255)


@given(VALUES, st.sampled_from([0, 0.5, 1, 25, 50, 99, 99.5, 100]))
def test_percentile_is_numpys(values, q):
    found = percentile(counted(values), q, 1)
    assert found == pytest.approx(np.percentile(values, q), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("q", [-1e-9, 100.1, float("nan")])
def test_no_percentile(q):
    with pytest.raises(ValueError, match="from 0 to 100"):
        percentile(counted([1]), q, 255)


def skewness_of(counts):
    found = Counts(np.asarray(counts)[np.newaxis])
    sums = (found.totals[0], found.squares[0], found.cubes[0])
    return skewness(int(counts.sum()), *sums)


@given(VALUES)
def test_skewness(values):
    n = len(values)
    mean = Fraction(sum(values), n)
    second, third = (sum((x - mean) ** power for x in values) / n for power in (2, 3))
    found = skewness_of(counted(values))
    if not second:
        assert found is None
        return
    assert is_nearest_root(abs(found), third**2 / second**3)
    assert (found > 0) == (third > 0)


def test_16_bit_has_no_overflow():
    """The cubes of many large values, two of three of them high."""
    counts = counted([0, 65535, 65535], 65536) * 2**40
    assert skewness_of(counts) == pytest.approx(-(0.5**0.5), rel=1e-15)
    assert percentile(counts, 50, 65535) == 1.0


@pytest.fixture
def colours():
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (5, 8, 9, 3), dtype=np.uint8)


def test_of_images(colours):
    stats = channel_stats(colours)
    for channel in range(3):
        values = colours[..., channel].ravel() / 255
        assert stats.percentile(99)[channel] == pytest.approx(np.percentile(values, 99))
    assert len(stats.skew) == 3


def test_frame(colours):
    frame = channel_stats(colours).to_frame()
    assert list(frame.index) == ["red", "green", "blue"]
    assert list(frame) == ["mean", "std", "min", "max", "p0.5", "p1", "p50", "p99", "p99.5"]
    assert frame["p50"]["green"] == pytest.approx(np.median(colours[..., 1]) / 255)
    stats = channel_stats(colours / np.float32(255))
    assert list(stats.to_frame()) == ["mean", "std", "min", "max"]
    with pytest.raises(ValueError, match="floats"):
        stats.percentile(50)
    with pytest.raises(ValueError, match="floats"):
        _ = stats.skew


def test_how_it_shows_itself(colours):
    stats = channel_stats(colours)
    assert len(repr(stats)) < 120
    assert f"{stats.mean[0]:.4f}" in repr(stats)
    html = stats._repr_html_()
    assert "<table" in html
    assert f"{stats.std[2]:.4f}" in html

"""Covariance and principal components, against rational numbers."""

import json
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats import ChannelStats, channel_stats
from ptnotes.stats.covariance import MAX_CHANNELS
from ptnotes.stats.rational import rounding_error
from tests.stats.exact import is_nearest

SHAPES = st.tuples(st.integers(1, 4), st.integers(2, 4), st.integers(5, 6), st.integers(5, 6))


def images(block):
    return channel_stats(block, covariance=True, layout="NCHW")


def check(stats, block, scale):
    channels = block.transpose(1, 0, 2, 3).reshape(block.shape[1], -1).tolist()
    values = [[Fraction(x) / scale for x in channel] for channel in channels]
    means = [sum(each, Fraction(0)) / len(each) for each in values]
    for i, one in enumerate(values):
        for j, other in enumerate(values):
            products = sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))
            expected = products / len(one) - means[i] * means[j]
            assert is_nearest(stats.covariance[i][j], expected)


@given(hnp.arrays(np.uint8, SHAPES))
def test_8_bit_equal_to_the_last_bit(block):
    check(images(block), block, 255)


@given(hnp.arrays(np.uint16, SHAPES))
def test_16_bit_equal_to_the_last_bit(block):
    check(images(block), block, 65535)


@given(hnp.arrays(np.float32, SHAPES, elements=st.floats(0, 1, width=32)))
def test_float32_equal_to_the_last_bit(block):
    check(images(block), block, 1)


def test_float64():
    block = np.random.default_rng(0).random((3, 3, 9, 9))
    stats, flat = images(block), block.transpose(1, 0, 2, 3).reshape(3, -1)
    assert np.allclose(stats.covariance, np.cov(flat, bias=True), rtol=1e-13, atol=0)


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_rounding_error_of_a_product(x, y):
    if min(abs(x), abs(y)) < 1e-100:  # whose error is too small for a float
        return
    product = np.array([x * y])
    (error,) = rounding_error(np.array([x]), np.array([y]), product)
    assert Fraction(float(error)) + Fraction(x * y) == Fraction(x) * Fraction(y)


@given(hnp.arrays(np.uint8, SHAPES), st.integers(0, 10))
def test_any_order_in_parts(block, seed):
    order = np.random.default_rng(seed).permutation(len(block))
    whole = images(block)
    parts = [images(block[[place]]) for place in order]
    found = parts[0]
    for part in parts[1:]:
        found = found + part
    assert found == whole
    again = ChannelStats.from_document(json.loads(json.dumps(whole.document())))
    assert again.covariance == whole.covariance


def test_components():
    """Of colours that vary along one direction; whitened by them, nothing is left of it."""
    rng = np.random.default_rng(0)
    spread = np.array([[3.0, 1, 0], [1, 2, 0], [0, 0, 1]])
    colours = np.clip(128 + (rng.normal(size=(4000, 3)) @ spread) * 8, 0, 255).astype(np.uint8)
    stats = images(colours.reshape(4, 1000, 1, 3).transpose(0, 3, 1, 2))
    variances = [each.variance for each in stats.components]
    assert variances == sorted(variances, reverse=True)
    assert sum(variances) == pytest.approx(sum(std**2 for std in stats.std), rel=1e-12)
    directions = np.array([each.direction for each in stats.components])
    turned = directions @ np.array(stats.covariance) @ directions.T
    assert np.allclose(turned, np.diag(variances), atol=1e-15)
    assert all(max(row, key=abs) > 0 for row in directions.tolist())


def test_only_where_asked_for():
    with pytest.raises(ValueError, match="covariance=True"):
        _ = channel_stats(np.zeros((2, 3, 8, 8), np.uint8)).covariance
    with pytest.raises(ValueError, match="--weight image"):
        channel_stats(np.zeros((2, 3, 8, 8), np.uint8), covariance=True, weight="image")


def test_too_many_channels():
    block = np.zeros((1, MAX_CHANNELS + 1, 8, 8), np.uint8)
    with pytest.raises(ValueError, match=f"{MAX_CHANNELS} channels"):
        images(block)


def test_command(folder, pixels_of, result):
    flat = np.concatenate([each.reshape(-1, 3) for each in pixels_of(folder)]) / 255
    found = result(folder, "--rgb", "--covariance")
    assert np.allclose(found["covariance"], np.cov(flat.T, bias=True), rtol=1e-10)
    assert len(found["components"]) == 3
    in_processes = result(folder, "--rgb", "--covariance", "--workers", "2")
    assert in_processes["covariance"] == found["covariance"]

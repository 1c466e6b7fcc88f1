"""The arithmetic of the answer, against rational numbers."""

import math
import random
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ptnotes.stats import ChannelStats
from ptnotes.stats.accumulators import Counts
from ptnotes.stats.blocks import accumulate_block
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.per_image import ImageSums, PerImage
from tests.stats.exact import is_nearest, is_nearest_root, mean_and_variance


def stats_of(block, details=None):
    (found,) = accumulate_block(block, str, DecodeOptions(), details).stats.values()
    return found


def blocks(dtype, **options):
    shapes = st.tuples(st.integers(1, 6), st.integers(1, 3), st.integers(1, 4), st.integers(1, 4))
    return hnp.arrays(dtype, shapes, **options)


def check(stats, block, scale):
    for channel in range(block.shape[1]):
        mean, variance = mean_and_variance(block[:, channel].ravel().tolist(), scale)
        assert is_nearest(stats.mean[channel], mean)
        assert is_nearest_root(stats.std[channel], variance)


@given(blocks(np.uint8))
def test_8_bit_equal_to_the_last_bit(block):
    check(stats_of(block), block, 255)


@given(blocks(np.uint16))
def test_16_bit_equal_to_the_last_bit(block):
    check(stats_of(block), block, 65535)


@given(blocks(np.float32, elements=st.floats(0, 1, width=32)))
def test_float32_equal_to_the_last_bit(block):
    check(stats_of(block), block, 1)


@given(blocks(np.float64, elements=st.floats(0, 1)))
def test_float64_to_1e_12(block):
    stats = stats_of(block)
    for channel in range(block.shape[1]):
        mean, variance = mean_and_variance(block[:, channel].ravel().tolist())
        assert stats.mean[channel] == pytest.approx(float(mean), rel=1e-12, abs=1e-300)
        assert stats.std[channel] == pytest.approx(math.sqrt(variance), rel=1e-12, abs=1e-150)


@given(
    st.sampled_from([np.uint8, np.float32]),
    st.integers(0, 2**32 - 1),
    st.integers(1, 5),
    st.sampled_from([None, "pixel", "image"]),
)
def test_any_order_sharded_any_way(dtype, seed, shards, details):
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 5, (8, 2)).tolist()
    images = [
        rng.integers(0, 256, (1, 2, *size)).astype(np.uint8)
        if dtype == np.uint8
        else rng.random((1, 2, *size), dtype=np.float32)
        for size in sizes
    ]
    whole = sum_of([stats_of(image, details) for image in images])
    random.Random(seed).shuffle(images)
    parts = [images[shard::shards] for shard in range(shards) if images[shard::shards]]
    merged = sum_of([sum_of([stats_of(image, details) for image in part]) for part in parts])
    assert merged == whole
    assert (merged.mean, merged.std) == (whole.mean, whole.std)
    assert ChannelStats.from_document(merged.document()) == merged


def sum_of(parts):
    first, *rest = parts
    for part in rest:
        first = first + part
    return first


@given(st.integers(0, 2**32 - 1), st.sampled_from([np.uint8, np.float32]))
def test_every_image_the_same(seed, dtype):
    rng = np.random.default_rng(seed)
    images = [(rng.random((1, 1, n, 2)) * 255).astype(dtype) for n in rng.integers(1, 6, 5)]
    found = sum_of([stats_of(image, "image") for image in images])
    scale = 255 if dtype == np.uint8 else 1
    exact = [[Fraction(x) / scale for x in image.ravel().tolist()] for image in images]
    mean = sum(sum(image) / len(image) for image in exact) / len(exact)
    square = sum(sum(x**2 for x in image) / len(image) for image in exact) / len(exact)
    assert found.mean[0] == pytest.approx(float(mean), rel=1e-15)
    assert found.std[0] == pytest.approx(math.sqrt(square - mean**2), rel=1e-15)
    with pytest.raises(ValueError, match="weight 1"):
        _ = found.sample_std


def test_sample_std():
    block = np.array([1, 2, 4, 9], dtype=np.uint8).reshape(1, 1, 2, 2)
    assert stats_of(block).sample_std[0] == pytest.approx(block.std(ddof=1) / 255, rel=1e-15)
    with pytest.raises(ValueError, match="two pixels"):
        _ = stats_of(block[..., :1, :1]).sample_std


def test_16_bit_beyond_int64():
    table = np.zeros((1, 65536), dtype=np.int64)
    table[0, [0, 65534, 65535]] = 10**13
    stats = ChannelStats(1, 3 * 10**13, Counter(), Counts(table))
    mean, variance = mean_and_variance([0, 65534, 65535], 65535)
    assert is_nearest(stats.mean[0], mean)
    assert is_nearest_root(stats.std[0], variance)


def test_other_kinds_do_not_add_up():
    gray, rgb = np.zeros((1, 1, 2, 2), np.uint8), np.zeros((1, 3, 2, 2), np.uint8)
    for one, other in (
        (stats_of(gray), stats_of(rgb)),
        (stats_of(gray), stats_of(gray.astype(np.uint16))),
        (stats_of(gray), stats_of(gray, "image")),
    ):
        with pytest.raises(ValueError, match="don't add up"):
            _ = one + other
    with pytest.raises(TypeError):
        _ = stats_of(gray) + 1


def test_frozen_and_normalize():
    block = np.random.default_rng(0).integers(0, 256, (5, 3, 8, 8)).astype(np.uint8)
    stats = stats_of(block)
    with pytest.raises(AttributeError):
        stats.images = 3
    normalized = stats.normalize()(torch.from_numpy(block).double() / 255)
    assert normalized.mean(dim=(0, 2, 3)).abs().max() < 1e-6
    assert (normalized.std(dim=(0, 2, 3), correction=0) - 1).abs().max() < 1e-6


@pytest.mark.parametrize("weight", ["pixel", "image"])
def test_standard_errors_are_those_of_repeated_draws(weight):
    rng = np.random.default_rng(0)
    images = []
    for size in rng.integers(2, 12, 300):
        level = rng.integers(20, 200)
        images.append(rng.integers(0, level, (1, 1, size, 5)).astype(np.uint8))
    drawn = [
        sum_of([stats_of(images[index], weight) for index in rng.permutation(300)[:60]])
        for _ in range(200)
    ]
    errors = [stats.standard_errors(of=300) for stats in drawn]
    for of_std, name in enumerate(("mean", "std")):
        spread = np.std([getattr(stats, name)[0] for stats in drawn])
        assert np.mean([error[of_std][0] for error in errors]) == pytest.approx(spread, rel=0.12)


def test_standard_error_of_all_is_0_and_of_one_unknown():
    block = np.random.default_rng(0).integers(0, 256, (4, 1, 3, 3)).astype(np.uint8)
    assert stats_of(block, "pixel").standard_errors(of=4) == ([0.0], [0.0])
    assert stats_of(block[:1], "pixel").standard_errors(of=4) is None
    assert stats_of(block).standard_errors(of=4) is None
    flat = np.full((3, 1, 2, 2), 7, np.uint8)
    assert stats_of(flat, "pixel").standard_errors(of=9) == ([0.0], [0.0])


def test_per_image_needs_no_order():
    images = [ImageSums(4, (i * 7,), (i * 50,)) for i in range(1, 6)]
    assert PerImage.of("image", images) == PerImage.of("image", images[::-1])

"""Which pixels count: colours left out, masks, foreground; and the statistics of folders."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from ptnotes.stats.pixel_selection import otsu_threshold
from tests.stats.conftest import noise
from tests.stats.exact import is_nearest, is_nearest_root, mean_and_variance

SHAPES = st.tuples(st.integers(1, 4), st.just(3), st.integers(5, 7), st.integers(5, 7))
FEW = st.integers(0, 3)  # so that colours are met


def check(stats, pixels, scale):
    """``pixels`` is (n, C): those that count."""
    assert stats.pixels == len(pixels)
    for channel, values in enumerate(np.asarray(pixels).T):
        mean, variance = mean_and_variance(values.tolist(), scale)
        assert is_nearest(stats.mean[channel], mean)
        assert is_nearest_root(stats.std[channel], variance)


def flat(block):
    return block.transpose(0, 2, 3, 1).reshape(-1, block.shape[1])


@given(hnp.arrays(np.uint8, SHAPES, elements=FEW), FEW)
def test_ignored_value(block, value):
    pixels = flat(block)
    rest = pixels[(pixels != value).any(axis=1)]
    if len(rest):
        check(channel_stats(block, ignore=value), rest, 255)
    else:
        with pytest.raises(DataError, match="pixel that counts"):
            channel_stats(block, ignore=value)


@given(hnp.arrays(np.uint16, SHAPES, elements=FEW), st.tuples(FEW, FEW, FEW))
def test_ignored_colour(block, colour):
    pixels = flat(block)
    rest = pixels[(pixels != colour).any(axis=1)]
    if len(rest):
        check(channel_stats(block, ignore=colour), rest, 65535)


@pytest.mark.parametrize("value", [0, 256, -1, 0.5])
def test_what_no_byte_is_leaves_nothing_out(value):
    block = noise(0, 2, 3, 8, 8) | 1
    assert channel_stats(block, ignore=value) == channel_stats(block)


@given(
    hnp.arrays(np.float32, (2, 3, 6, 7), elements=st.floats(0, 1, width=32)),
    hnp.arrays(bool, (2, 6, 7)),
)
def test_ignored_nan(block, missing):
    """Where every channel of a pixel is NaN."""
    pixels = flat(block)[~missing.ravel()]
    block = np.where(missing[:, None], np.float32("nan"), block)
    if len(pixels):
        check(channel_stats(block, ignore=float("nan")), pixels, 1)
    else:
        with pytest.raises(DataError, match="pixel that counts"):
            channel_stats(block, ignore=float("nan"))


def test_nan_in_one_channel_is_an_error():
    block = np.zeros((2, 3, 8, 8), np.float32)
    block[1, 2, 3, 4] = float("nan")
    for images in (block, list(block)):
        with pytest.raises(DataError, match="NaN"):
            channel_stats(images, ignore=float("nan"))


def test_nodata_of_floats_in_python():
    """What is left out may lie outside [0, 1]; what counts may not."""
    block = np.linspace(0, 1, 2 * 3 * 8 * 8, dtype=np.float32).reshape(2, 3, 8, 8)
    block[:, :, 2:4] = -9999
    pixels = flat(block)
    check(channel_stats(block, ignore=-9999), pixels[pixels[:, 0] >= 0], 1)
    with pytest.raises(DataError, match="normalized already"):
        channel_stats(block)
    with pytest.raises(DataError, match="normalized already"):
        channel_stats(block * 2, ignore=-2 * 9999)


def test_images_without_a_pixel_are_counted(tmp_path, result):
    Image.new("RGB", (6, 4)).save(tmp_path / "black.png")
    Image.new("RGB", (6, 4), (0, 0, 9)).save(tmp_path / "blue.png")
    found = result(tmp_path, "--ignore", "0")
    assert (found["images"], found["without_pixels"], found["pixels"]) == (1, 1, 24)


def test_nodata_of_signed_rasters(tmp_path, result):
    tifffile = pytest.importorskip("tifffile")
    raster = np.arange(3 * 8 * 8, dtype=np.int16).reshape(3, 8, 8)
    raster[:, 2:4] = -9999
    tifffile.imwrite(
        tmp_path / "three.tif", raster, photometric="minisblack", planarconfig="separate"
    )
    found = result(tmp_path / "three.tif", "--ignore", "-9999")
    kept = raster[:, np.r_[0:2, 4:8]].reshape(3, -1)
    assert found["mean"] == pytest.approx((kept / 65535).mean(axis=1))
    assert found["pixels"] == 48
    Image.fromarray(raster[0].astype(np.int32)).save(tmp_path / "one.tif")
    assert result(tmp_path / "one.tif", "--ignore", "-9999")["mean"] == pytest.approx(
        [(kept[0] / 65535).mean()]
    )


def otsu_by_definition(values):
    """The threshold with the largest variance between the classes, in rational numbers."""
    values = sorted(values)
    best = Fraction(-1), values[0]
    for below, above in pairwise(sorted(set(values))):
        classes = [v for v in values if v <= below], [v for v in values if v >= above]
        means = [Fraction(sum(map(Fraction, each))) / len(each) for each in classes]
        between = len(classes[0]) * len(classes[1]) * (means[0] - means[1]) ** 2
        best = max(best, (between, below), key=lambda pair: pair[0])
    return best


@given(
    st.lists(st.integers(0, 255), min_size=1, max_size=40)
    | st.lists(st.integers(0, 64).map(lambda value: value / 64), min_size=1, max_size=40)
)
def test_threshold(values):
    """Equal variances may round either way: it is compared, not the place."""
    found = otsu_threshold(np.array(values))
    between, _ = otsu_by_definition(values)
    if len(set(values)) == 1:
        assert found == values[0]
        return
    below = [Fraction(v) for v in values if v <= found]
    above = [Fraction(v) for v in values if v > found]
    difference = sum(below) / len(below) - sum(above) / len(above)
    assert len(below) * len(above) * difference**2 >= between * (1 - Fraction(1, 10**12))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_foreground(dtype):
    """A bright square on a dark ground, in an array and image by image."""
    top = 1 if dtype == np.float32 else np.iinfo(dtype).max
    rng = np.random.default_rng(0)
    block = rng.uniform(0, 0.2 * top, (4, 3, 12, 12)).astype(dtype)
    block[:, :, 3:9, 3:9] = rng.uniform(0.7 * top, top, (4, 3, 6, 6)).astype(dtype)
    inside = block[:, :, 3:9, 3:9]
    stats = channel_stats(block, foreground=True)
    check(stats, flat(inside), top)
    assert channel_stats(list(block), foreground=True, layout="CHW") == stats


def test_colour_of_other_channels(folder, cli):
    done = cli("stats", folder, "--grayscale", "--ignore-color", "1,2,3")
    assert done.exit_code == 1
    assert "3 values" in done.stderr

"""JPEGs by simplejpeg: Pillow's counts, and Pillow's errors."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ptnotes.stats.codecs import jpeg
from ptnotes.stats.counting import accumulate_images
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.items import Item
from ptnotes.stats.pixel_selection import PixelOptions

simplejpeg = pytest.importorskip("simplejpeg")


@pytest.fixture(autouse=True)
def decoded(monkeypatch):
    """How many images simplejpeg has decoded."""
    count = [0]
    own = jpeg.decoded

    def counted(image, file):
        found = own(image, file)
        count[0] += found is not None
        return found

    monkeypatch.setattr(jpeg, "decoded", counted)
    return count


def made(height=30, width=50, mode="RGB", **options):
    rng = np.random.default_rng(height)
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)).convert(mode)
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def stats_of(content, options=None):
    return accumulate_images([Item("x.jpg", content)], options or DecodeOptions(), None)


def with_pillow(content):
    """The same without simplejpeg."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jpeg, "decoder", lambda: None)
        return stats_of(content)


def same(found, wanted):
    assert found.broken == wanted.broken
    assert found.stats.keys() == wanted.stats.keys()
    for kind, stats in found.stats.items():
        assert (stats.values.table == wanted.stats[kind].values.table).all()
        assert stats.sizes == wanted.stats[kind].sizes


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("size", [(1, 1), (17, 13), (64, 48)])
def test_counts_are_those_of_pillow(subsampling, progressive, size, decoded):
    for quality in (5, 75, 100):
        content = made(*size, quality=quality, subsampling=subsampling, progressive=progressive)
        same(stats_of(content), with_pillow(content))
    assert decoded == [3]


def test_rgb_that_is_stored_as_rgb(decoded):
    content = made(keep_rgb=True)
    same(stats_of(content), with_pillow(content))
    assert decoded == [1]


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_others_are_left_to_pillow(mode, decoded):
    same(stats_of(made(mode=mode)), with_pillow(made(mode=mode)))
    assert decoded == [0]


@pytest.mark.parametrize(
    "options",
    [
        DecodeOptions(grayscale=True),
        DecodeOptions(resize=8),
        DecodeOptions(pixels=PixelOptions(ignore="0")),
        DecodeOptions(pixels=PixelOptions(covariance=True)),
    ],
)
def test_what_is_more_than_counted_is_left_to_pillow(options, decoded):
    assert stats_of(made(), options).broken == ()
    assert decoded == [0]


@given(data=st.data())
def test_damaged_files_end_as_with_pillow(data):
    content = bytearray(made(20, 24, restart_marker_blocks=2))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(2, len(content))) :]
    same(stats_of(bytes(content)), with_pillow(bytes(content)))


def test_where_the_two_differ_pillow_decodes(monkeypatch, decoded):
    """The kind of which the noise says so; the others are by simplejpeg still."""
    own = simplejpeg.decode_jpeg

    def other(data, colorspace):
        halved = b"\x01\x22\x00" in data  # both axes of the second and third component
        return own(data, colorspace) ^ halved

    monkeypatch.setattr(simplejpeg, "decode_jpeg", other)
    jpeg._agree.cache_clear()
    for subsampling, expected in ((2, 0), (2, 0), (0, 1), (1, 2)):
        content = made(subsampling=subsampling)
        same(stats_of(content), with_pillow(content))
        assert decoded == [expected]
    jpeg._agree.cache_clear()


def test_other_samplings_are_left_to_pillow(decoded):
    """4:4:0 and 4:1:1, which Pillow doesn't write: the factors in the header are changed."""
    content = made(subsampling=0).replace(b"\x01\x11\x00", b"\x01\x12\x00", 1)
    same(stats_of(content), with_pillow(content))
    assert decoded == [0]


def test_a_large_file_is_read_block_by_block(monkeypatch, decoded):
    monkeypatch.setattr(jpeg, "MAX_FILE", 100)
    same(stats_of(made()), with_pillow(made()))
    assert decoded == [0]

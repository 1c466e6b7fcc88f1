"""Colour modes, transparency and transforms, against what the usual loader gives."""

import io
import json
import warnings

import numpy as np
import pytest
from PIL import Image
from torchvision.transforms import v2

from ptnotes.errors import DataError, PtnotesWarning
from ptnotes.stats import channel_stats
from ptnotes.stats.counting import accumulate_images
from ptnotes.stats.decode import DecodeOptions, pixels, read
from ptnotes.stats.items import Item
from tests.stats.conftest import noise


def saved(image, format="PNG", **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def one(content, **options):
    """The statistics of one image."""
    partial = accumulate_images([Item("it", content)], DecodeOptions(**options), None)
    assert partial.broken == ()
    (stats,) = partial.stats.values()
    return stats


def means(image):
    return tuple(float(mean) for mean in np.asarray(image, dtype=float).mean(axis=(0, 1)) / 255)


RGB = Image.fromarray(noise(0, 9, 7, 3))
RGBA = Image.fromarray(noise(1, 9, 7, 4))
GRAY_ALPHA = Image.fromarray(noise(2, 9, 7, 2))
PALETTE = RGB.quantize(16)
BILEVEL = RGB.convert("1")
CMYK = RGB.convert("CMYK")


@pytest.mark.parametrize(
    ("content", "channels"),
    [
        (saved(RGB), 3),
        (saved(RGB.convert("L")), 1),
        (saved(RGBA), 3),
        (saved(GRAY_ALPHA), 1),
        (saved(PALETTE), 3),
        (saved(BILEVEL), 1),
        (saved(CMYK, "TIFF"), 3),
        (saved(RGB.convert("YCbCr"), "JPEG"), 3),
        (saved(RGB, "GIF"), 3),
    ],
    ids=["RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "YCbCr", "GIF"],
)
def test_modes_are_the_loaders(content, channels):
    loaded = Image.open(io.BytesIO(content)).convert("RGB" if channels == 3 else "L")
    expected = means(np.asarray(loaded).reshape(loaded.height, loaded.width, channels))
    assert one(content).mean == pytest.approx(expected, abs=1e-15)
    as_rgb = Image.open(io.BytesIO(content)).convert("RGB")
    assert one(content, rgb=True).mean == pytest.approx(means(as_rgb), abs=1e-15)
    as_gray = Image.open(io.BytesIO(content)).convert("L")
    expected_gray = pytest.approx(np.asarray(as_gray).mean() / 255, abs=1e-15)
    assert one(content, grayscale=True).mean == (expected_gray,)


@pytest.mark.parametrize(("alpha", "level"), [("white", 255), ("black", 0)])
@pytest.mark.parametrize("image", [RGBA, GRAY_ALPHA], ids=["RGBA", "LA"])
def test_transparency_over_a_colour(image, alpha, level):
    array = np.asarray(image, dtype=float)
    opacity = array[..., -1:] / 255
    expected = (array[..., :-1] * opacity + level * (1 - opacity)).mean(axis=(0, 1)) / 255
    found = one(saved(image), alpha=alpha)
    assert found.channels == array.shape[2] - 1
    assert found.mean == pytest.approx(tuple(expected), abs=0.5 / 255)


def test_transparent_palette():
    image = Image.new("P", (2, 1))
    image.putpalette([200, 100, 0, 0, 0, 0])
    image.putpixel((1, 0), 1)
    content = saved(image, transparency=b"\x00\xff")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert one(content).mean == pytest.approx((100 / 255, 50 / 255, 0))
        assert one(content, alpha="white").mean == pytest.approx((0.5, 0.5, 0.5))


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp"])
def test_the_first_page_is_read_and_that_is_said(cli, tmp_path, ending):
    frames = [Image.new("L", (4, 4), level) for level in (10, 200, 99)]
    frames[0].save(tmp_path / f"x.{ending}", save_all=True, append_images=frames[1:], lossless=True)
    done = cli("stats", tmp_path, "--grayscale", "--json")
    found = json.loads(done.stdout)["result"]
    assert (found["images"], found["first_frame_only"]) == (1, 1)
    assert found["mean_255"] == [10]
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert "1 of 1 files hold several pages or frames" in line
    with pytest.warns(PtnotesWarning, match="several pages"):
        channel_stats(tmp_path, grayscale=True)
    assert cli("stats", tmp_path, "--grayscale", "--out", tmp_path / "p.json").exit_code == 0
    merged = cli("stats", "--merge", tmp_path / "p.json", "--json")
    assert json.loads(merged.stdout)["result"]["first_frame_only"] == 1


def test_one_page_is_not_mentioned(result, folder):
    assert "first_frame_only" not in result(folder)


def test_libtiff_prints_nothing(tmp_path, capfd):
    content = saved(RGB, "TIFF", compression="tiff_lzw")
    (tmp_path / "x.tif").write_bytes(content[:8] + bytes(8) + content[16:])
    with pytest.raises(DataError, match=r"x\.tif"):
        channel_stats(tmp_path)
    assert capfd.readouterr().err == ""


FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO")


@pytest.mark.parametrize("without", ["AVIF", "WEBP"])
def test_pillow_without_a_format_reads_the_others(monkeypatch, without):
    Image.init()
    large = RGB.resize((16, 16))  # Pillow 11 saves nothing smaller as ICO
    images = {format: saved(large, format) for format in FORMATS}
    monkeypatch.delitem(Image.OPEN, without, raising=False)
    monkeypatch.setattr(Image, "ID", [each for each in Image.ID if each != without])
    for format, content in images.items():
        if format != without:
            assert one(content, rgb=True).images == 1
    if without in images:
        partial = accumulate_images([Item("it", images[without])], DecodeOptions(), None)
        assert partial.broken == (("it", "not an image that Pillow can read"),)


def test_no_program_is_run_for_an_image(monkeypatch):
    monkeypatch.setattr("subprocess.check_call", lambda *_, **__: pytest.fail("a program was run"))
    content = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
    partial = accumulate_images([Item("it", content)], DecodeOptions(), None)
    ((_, reason),) = partial.broken
    assert "EPS" in reason


def test_images_without_pixels():
    partial = accumulate_images([Item("it", b"P5 0 0 255\n")], DecodeOptions(), None)
    assert partial.broken_count == 1


def test_first_frame():
    frames = [Image.new("L", (4, 4), level) for level in (10, 200)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert one(content, grayscale=True).mean == (10 / 255,)


def test_not_turned_as_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.new("RGB", (8, 4)), "JPEG", exif=exif)
    assert list(one(content).sizes) == [(4, 8)]


def test_16_bit():
    array = np.random.default_rng(0).integers(0, 65536, (6, 5)).astype(np.uint16)
    for content in (saved(Image.fromarray(array)), saved(Image.fromarray(array), "TIFF")):
        stats = one(content)
        assert stats.values.scale == 65535
        assert stats.mean == pytest.approx((array.mean() / 65535,), rel=1e-15)
    decoded = read(Item("it", saved(Image.fromarray(array))), DecodeOptions(resize=3))
    assert [block.dtype for block in pixels(decoded.image)] == [np.uint16]
    with pytest.raises(DataError, match="as RGB"):
        read(Item("it", saved(Image.fromarray(array))), DecodeOptions(rgb=True))


def test_floats_and_wide_integers():
    array = np.random.default_rng(0).random((6, 5), dtype=np.float32)
    stats = one(saved(Image.fromarray(array), "TIFF"))
    assert stats.values.scale == 1
    assert stats.mean[0] == pytest.approx(array.astype(float).mean(), rel=1e-14)
    fits = Image.fromarray(np.array([[0, 65535]], dtype=np.int32))
    assert one(saved(fits, "TIFF")).mean == (0.5,)
    wide = Image.fromarray(np.array([[0, 65536]], dtype=np.int32))
    partial = accumulate_images([Item("it", saved(wide, "TIFF"))], DecodeOptions(), None)
    assert partial.broken == (("it", "its integers have more than 16 bits"),)


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_transforms_are_torchvisions(mode):
    image = Image.fromarray(noise(4, 61, 47, 3)).convert(mode)
    transform = v2.Compose([v2.Resize(24, antialias=True), v2.CenterCrop(20)])
    expected = np.asarray(transform(image)).reshape(20, 20, -1)
    found = one(saved(image), resize=24, center_crop=20)
    assert found.pixels == 400
    assert found.mean == pytest.approx(means(expected), abs=1e-15)
    assert list(found.sizes) == [(61, 47)]  # as stored


def test_the_same_pixels_resized_as_a_training_would():
    image = Image.fromarray(noise(5, 40, 40, 3))
    gray = v2.Compose([v2.Grayscale(), v2.Resize(16, antialias=True)])(image)
    found = one(saved(image), grayscale=True, resize=16)
    assert found.mean == (pytest.approx(np.asarray(gray).mean() / 255, abs=1e-15),)

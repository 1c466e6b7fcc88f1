"""Images of any size, colour, polarity and margins in MNIST's form."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.predict.images import FRAMES, center_in_frame, foreground, read

FRAME = FRAMES["mnist"]


@pytest.fixture
def stored(tmp_path):
    """``stored(image)`` → the image read from a file it was saved to, PNG by default."""

    def save_and_read(image, name="x.png", frame=FRAME, **options):
        if isinstance(image, np.ndarray):
            image = Image.fromarray(image)
        image.save(tmp_path / name, **options)
        return center_in_frame(read(tmp_path / name), frame)

    return save_and_read


def difference(one, other):
    return np.abs(one.astype(int) - other.astype(int)).mean()


def test_digit_of_the_set_is_unchanged(digits, stored):
    """The rule made it, so the rule does not change it, but for about a gray level."""
    for digit in digits:
        assert difference(stored(digit), digit) < 1
        assert difference(stored(255 - digit), digit) < 1


@pytest.mark.parametrize("size", [56, 100, 500])
def test_size(digits, stored, size):
    for digit in digits[:5]:
        large = Image.fromarray(digit).resize((size, size))
        assert difference(stored(large), digit) < 14


def test_margins_do_not_matter(digits, stored):
    for digit in digits[:5]:
        wide = np.pad(255 - digit, ((70, 3), (20, 150)), constant_values=255)
        assert (stored(wide) == stored(digit)).all()


def test_colours(digits, stored):
    """Dark blue on yellow, as light on dark; red on a green that is as bright."""
    share = digits[0][:, :, None] / 255
    for ink_colour, paper in (((20, 20, 90), (250, 240, 100)), ((200, 60, 0), (0, 120, 0))):
        colours = (np.array(paper) * (1 - share) + np.array(ink_colour) * share).astype(np.uint8)
        assert difference(stored(colours), stored(digits[0])) < 4


@pytest.mark.parametrize("stroke", [0, 255])
def test_transparent_paper(digits, stored, stroke):
    layer = np.full((28, 28, 4), stroke, np.uint8)
    layer[:, :, 3] = digits[0]
    assert difference(stored(layer), stored(digits[0])) < 2


def test_formats_and_modes(digits, stored):
    digit = Image.fromarray(digits[0])
    want = stored(digit)
    deep = Image.fromarray(digits[0].astype(np.uint16) * 257)
    assert difference(stored(deep), want) < 1
    assert difference(stored(digit.convert("P"), "x.gif"), want) < 1
    assert difference(stored(digit.resize((200, 200)), "x.jpg", quality=80), want) < 14
    assert stored(digit.convert("1"), "x.bmp").max() == 255
    for mode in ("L", "P", "1", "I;16"):  # larger than MAX_SIDE
        large = digit.resize((2100, 2100))
        large = (
            large.point(lambda level: level * 257, "I").convert(mode)
            if "I" in mode
            else (large.convert(mode))
        )
        assert difference(stored(large), want) < 14 + 20 * (mode == "1")


def test_turned_camera(digits, stored):
    """EXIF 6: the file holds the image turned to the left."""
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(digits[0]).resize((200, 200)).rotate(90)
    assert difference(stored(turned, "x.jpg", exif=exif, quality=95), stored(digits[0])) < 14


def test_photo_of_paper(digits, stored):
    """Noise and a shadow: the background comes out black."""
    rng = np.random.default_rng(0)
    large = np.asarray(Image.fromarray(digits[0]).resize((280, 280))) / 255
    wide = np.pad(large, 60)
    shadow = np.linspace(0, 25, 400)
    photo = 205 - shadow + rng.normal(0, 5, wide.shape) - 150 * wide
    found = stored(photo.clip(0, 255).astype(np.uint8))
    assert difference(found, stored(digits[0])) < 25
    assert (found[:3] == 0).all()
    assert (found > 0).mean() < 0.5


@given(
    height=st.integers(1, 60), width=st.integers(1, 60), x=st.integers(0, 30), y=st.integers(0, 30)
)
def test_fits_into_20_by_20_and_is_centred_by_mass(height, width, x, y):
    drawn = np.zeros((100, 100), np.float32)
    drawn[y : y + height, x : x + width] = 255
    found = center_in_frame(drawn, FRAME).astype(float)
    rows, columns = np.flatnonzero(found.any(axis=1)), np.flatnonzero(found.any(axis=0))
    sides = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert max(sides) == 20
    assert min(sides) == max(1, round(20 * min(height, width) / max(height, width)))
    for axis in (0, 1):
        mass = found.sum(axis=axis)
        assert 13.5 <= (mass * np.arange(28)).sum() / mass.sum() <= 14.5


@given(st.integers(0, 255), st.integers(0, 255))
def test_polarity(paper, stroke):
    colours = np.full((9, 9, 3), paper, np.float32)
    colours[4, 2:7] = stroke
    found = foreground(colours)
    if abs(paper - stroke) < 16:
        assert found.max() == 0
    else:
        assert (found > 0).sum() == 5
        assert found.max() == pytest.approx(255)


def test_other_sets_fill_the_image():
    drawn = np.zeros((50, 50), np.float32)
    drawn[10:40, 20:35] = 255
    found = center_in_frame(drawn, FRAMES["fashion-mnist"])
    assert found[:, 7:21].min() > 200
    assert found[:, :6].max() == found[:, 22:].max() == 0


def test_blank_image(stored):
    with pytest.raises(DataError, match="all of one tone"):
        stored(np.full((40, 40), 200, np.uint8))


def test_colour_of_transparent_pixels_does_not_count(digits, stored):
    """It would show if it were averaged with the strokes."""
    share = np.asarray(Image.fromarray(digits[0]).resize((2800, 2800)))
    layer = np.full((2800, 2800, 4), 255, np.uint8)
    layer[share > 0] = 0
    layer[:, :, 3] = share
    assert difference(stored(layer), stored(digits[0])) < 14


def test_image_of_too_many_pixels(stored, monkeypatch):
    """Small in its file, large in memory."""
    with pytest.raises(DataError, match="1×70000 pixels"):
        stored(np.zeros((70_000, 1), np.uint8))
    monkeypatch.setattr("ptnotes.predict.images.MAX_PIXELS", 10_000)
    assert stored(255 * np.eye(100, dtype=np.uint8)).any()
    with pytest.raises(DataError, match="101×100 pixels"):
        stored(255 * np.eye(100, 101, dtype=np.uint8))


def test_pixel_that_is_not_a_number(stored):
    levels = np.zeros((30, 30), np.float32)
    levels[10:20, 10:20] = 1
    assert stored(levels, "x.tiff").any()
    levels[3, 3] = np.nan
    with pytest.raises(DataError, match="not a finite number"):
        stored(levels, "x.tiff")


def test_format_that_is_a_program(tmp_path, monkeypatch):
    """PostScript under another name: Pillow would run an interpreter."""
    monkeypatch.setattr("subprocess.check_call", None)
    monkeypatch.setattr("subprocess.Popen", None)
    program = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    (tmp_path / "x.png").write_text(program)
    with pytest.raises(DataError, match="is not one of"):
        read(tmp_path / "x.png")


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, MemoryError, AttributeError])
def test_any_error_of_a_decoder(digits, stored, monkeypatch, error):
    def failing(*_, **__):
        raise error("frame 0")

    stored(digits[0])
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", failing)
    with pytest.raises(DataError, match=r"x\.png can't be read: frame 0"):
        stored(Image.fromarray(digits[0]))


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_files_that_are_not_images(tmp_path, content):
    (tmp_path / "x.png").write_bytes(content)
    with pytest.raises(DataError, match=r"x\.png"):
        read(tmp_path / "x.png")


def test_truncated_image(tmp_path, digits):
    noise = np.random.default_rng(0).integers(0, 255, (100, 100), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "x.png")
    (tmp_path / "x.png").write_bytes((tmp_path / "x.png").read_bytes()[:3000])
    with pytest.raises(DataError, match="can't be read"):
        read(tmp_path / "x.png")
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "y.png")


@pytest.mark.parametrize("ending", ["tif", "gif", "png", "webp"])
def test_image_of_several_pages(digits, stored, ending):
    pages = [Image.fromarray(digit) for digit in digits[:3]]
    stored(pages[0], f"x.{ending}", save_all=True)
    with pytest.raises(DataError, match="more than one"):
        stored(pages[0], f"x.{ending}", save_all=True, append_images=pages[1:])


def test_damaged_tiff_is_one_line(tmp_path, digits, capfd):
    """libtiff writes to stderr on its own."""
    Image.fromarray(digits[0]).save(tmp_path / "x.tif", compression="tiff_lzw")
    with Image.open(tmp_path / "x.tif") as image:
        (start,) = image.tag_v2[273]  # of the pixels
    content = bytearray((tmp_path / "x.tif").read_bytes())
    content[start + 10 : start + 14] = b"\xff\x7f\x55\x11"
    (tmp_path / "x.tif").write_bytes(content)
    with pytest.raises(DataError, match="can't be read"):
        read(tmp_path / "x.tif")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("ending", ["ppm", "ico", "png"])
def test_pillow_without_a_format(digits, stored, monkeypatch, ending):
    Image.init()
    monkeypatch.delitem(Image.OPEN, "AVIF", raising=False)
    assert stored(Image.fromarray(digits[0]), f"x.{ending}").any()

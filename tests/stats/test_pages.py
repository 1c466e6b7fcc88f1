"""``--pages all``: every page or frame of a file is an image, and a broken one breaks its file."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from tests.stats.conftest import noise
from tests.test_cli import failure

PAGES = noise(3, 5, 9, 7)


def save(path, pages, **options):
    first, *rest = [Image.fromarray(page) for page in pages]
    first.save(path, save_all=True, append_images=rest, **options)


@pytest.fixture
def stack(tmp_path):
    """A folder with a TIFF of five gray pages and two of one."""
    save(tmp_path / "stack.tif", PAGES)
    for name in "ab":
        Image.fromarray(noise(ord(name), 9, 7)).save(tmp_path / f"{name}.tif")
    return tmp_path


@pytest.fixture
def expected():
    return channel_stats([*PAGES, *(noise(ord(name), 9, 7) for name in "ab")])


def test_all_pages_are_images(result, stack, expected):
    found = result(stack, "--pages", "all")
    assert (found["images"], found["mean"]) == (7, list(expected.mean))
    assert "first_frame_only" not in found
    assert channel_stats(stack, pages="all") == expected
    weighted = channel_stats(stack, pages="all", weight="image")
    assert weighted.mean == pytest.approx(expected.mean)


@pytest.mark.parametrize("ending", ["gif", "png", "webp", "tif"])
def test_frames_are_pillows(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    save(path, noise(5, 4, 9, 7, 3), **({"lossless": True} if ending == "webp" else {}))
    frames = []
    with Image.open(path) as image:
        for number in range(4):
            image.seek(number)
            frames.append(np.asarray(image.convert("RGB")))
    assert channel_stats(path, pages="all") == channel_stats(frames)


def test_one_page_and_a_preview(tmp_path):
    Image.fromarray(noise(0, 9, 7, 3)).save(tmp_path / "x.jpg")
    save(tmp_path / "y.jpg", noise(1, 2, 9, 7, 3), format="MPO")
    assert channel_stats(tmp_path, pages="all") == channel_stats(tmp_path)


def test_shards_workers_and_the_order_of_rows(cli, result, stack, expected, monkeypatch):
    parts = [stack / f"{index}.json" for index in (1, 2)]
    for index, part in enumerate(parts, 1):
        done = cli("stats", stack, "--pages", "all", "--shard", f"{index}/2", "--out", part)
        assert done.exit_code == 0, done.stderr
    merged = json.loads(cli("stats", "--merge", *parts, "--json").stdout)["result"]
    assert (merged["images"], merged["mean"]) == (7, list(expected.mean))
    compared = result(stack, "--pages", "all", "--compare")["compare"]
    assert compared["notes_loop"]["mean"] == pytest.approx(expected.mean)
    monkeypatch.setattr("ptnotes.stats.pipeline.CHUNK", 1)
    assert channel_stats(stack, pages="all", workers=2) == expected


def test_a_broken_page_breaks_its_file(cli, result, stack):
    content = bytearray((stack / "stack.tif").read_bytes())
    with Image.open(stack / "stack.tif") as image:
        image.seek(3)
        offset = image.tag_v2[273][0]
        ifd = image._frame_pos[3]
    entry = content.index(offset.to_bytes(4, "little"), ifd)
    content[entry : entry + 4] = len(content).to_bytes(4, "little")
    (stack / "stack.tif").write_bytes(content)
    assert "stack.tif page 4 (" in failure(cli("stats", stack, "--pages", "all"))
    found = result(stack, "--pages", "all", "--skip-errors")
    assert (found["images"], found["skipped"]) == (2, 1)


def test_what_does_not_go_with_it(cli, stack):
    assert cli("stats", stack, "--pages", "all", "--limit", "2").exit_code == 2
    assert cli("stats", stack, "--pages", "some").exit_code == 2


def test_pages_that_pillow_reads_and_those_it_does_not(tmp_path):
    tifffile = pytest.importorskip("tifffile")
    pytest.importorskip("imagecodecs")
    rgb = noise(0, 3, 9, 7, 3)
    deep = np.random.default_rng(1).integers(0, 65536, (2, 9, 7, 3), np.uint16)
    with tifffile.TiffWriter(tmp_path / "x.tif") as writer:
        for page in (rgb[0], deep[0], rgb[1]):
            writer.write(page, photometric="rgb")
    with pytest.raises(DataError, match=r"several kinds: 1 16-bit of 3 .*x.tif page 2"):
        channel_stats(tmp_path, pages="all")
    assert channel_stats(tmp_path, pages="all", rgb=True).images == 3
    with tifffile.TiffWriter(tmp_path / "x.tif") as writer:
        for page in deep:
            writer.write(np.concatenate([page, page], axis=-1), photometric="rgb")
    expected = channel_stats(np.concatenate([deep, deep], axis=-1), layout="NHWC")
    assert channel_stats(tmp_path, pages="all") == expected


def test_pages_in_an_archive(tmp_path):
    import tarfile

    file = io.BytesIO()
    save(file, PAGES, format="TIFF")
    for mode in ("w", "w:gz"):
        with tarfile.open(tmp_path / "x.tar", mode) as archive:
            member = tarfile.TarInfo("x.tif")
            member.size = len(file.getvalue())
            archive.addfile(member, io.BytesIO(file.getvalue()))
        assert channel_stats(tmp_path / "x.tar", pages="all") == channel_stats(PAGES)


def test_a_page_larger_than_pillow_allows(tmp_path, monkeypatch):
    pages = [Image.new("L", size) for size in ((9, 7), (300, 300))]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    assert channel_stats([np.zeros((9, 7), np.uint8)]).images == 1
    with pytest.raises(DataError, match=r"x\.tif"):
        channel_stats(tmp_path, pages="all")

"""Masks, their labels, and the statistics of folders."""

import json
import tarfile

import numpy as np
import pytest
from PIL import Image

from ptnotes.errors import UsageError
from ptnotes.stats import channel_stats, parts, pipeline
from tests.stats.conftest import noise


@pytest.fixture
def masked(tmp_path):
    """Five images of several sizes with labels 0 to 3: in a folder, and beside them."""
    rng = np.random.default_rng(0)
    images, masks = tmp_path / "images", tmp_path / "masks"
    found = []
    for number in range(5):
        shape = (10 + number, 14 - number)
        below = ("cats", "dogs/young")[number % 2]
        pixels, labels = noise(number, *shape, 3), rng.integers(0, 4, shape).astype(np.uint8)
        for root in (images, masks):
            (root / below).mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(images / below / f"{number}.bmp")
        mask = Image.fromarray(labels)
        if number == 2:  # indexes of colours, as Pascal VOC has them
            mask = Image.frombytes("P", mask.size, labels.tobytes())
            mask.putpalette([colour for level in range(256) for colour in (255, level, 0)])
        mask.save(masks / below / f"{number}.png")
        mask.save(images / below / f"{number}_mask.png")
        found.append((below, pixels, labels))
    return tmp_path, found


def test_masks(masked, result):
    place, images = masked
    inside = np.concatenate([pixels[labels > 0] for _, pixels, labels in images])
    found = result(place / "images", "--mask", place / "masks", "--glob", "*.bmp")
    assert found["pixels"] == len(inside)
    assert found["mean"] == pytest.approx((inside / 255).mean(axis=0), rel=1e-12)
    assert result(place / "images", "--mask", "_mask.png")["mean"] == found["mean"]
    stats = channel_stats(place / "images", mask="_mask.png")
    assert list(stats.mean) == found["mean"]


def test_mask_of_an_absolute_path(masked, result):
    """By the name of the file alone."""
    place, ((_, _, labels), *_) = masked
    found = result(place / "images/cats/0.bmp", "--mask", place / "masks/cats")
    assert found["pixels"] == (labels > 0).sum()


def test_masks_mirror_the_images_folder(masked, cli):
    """Not what lies above it."""
    place, _ = masked
    done = cli("stats", place, "--mask", place / "masks", "--glob", "*.bmp")
    assert done.exit_code == 1
    assert "no mask" in done.stderr


def test_masks_below_the_images(masked, result):
    """They are no images."""
    place, images = masked
    (place / "masks").rename(place / "images" / "masks")
    for beside in (place / "images").rglob("*_mask.png"):
        beside.unlink()
    found = result(place / "images", "--mask", place / "images" / "masks")
    assert (found["images"], found["pixels"]) == (5, sum((each > 0).sum() for *_, each in images))


def test_masks_of_paths_in_a_list(masked, result, monkeypatch):
    place, images = masked
    monkeypatch.chdir(place / "images")
    (place / "list.txt").write_text("cats/0.bmp\ndogs/young/1.bmp\n")
    inside = np.concatenate([pixels[labels > 0] for _, pixels, labels in images[:2]])
    found = result(place / "list.txt", "--mask", place / "masks")
    assert found["pixels"] == len(inside)


def test_labels(masked, result):
    place, images = masked
    found = result(place / "images", "--mask", "_mask.png", "--mask-values")
    assert list(found["groups"]) == ["1", "2", "3"]
    for label, group in found["groups"].items():
        pixels = np.concatenate([each[labels == int(label)] for _, each, labels in images])
        assert (group["images"], group["pixels"]) == (5, len(pixels))
        assert group["mean"] == pytest.approx((pixels / 255).mean(axis=0), rel=1e-12)
        assert group["std"] == pytest.approx((pixels / 255).std(axis=0), rel=1e-12)


@pytest.mark.parametrize("weight", ["pixel", "image"])
def test_folders(masked, result, weight):
    place, _ = masked
    found = result(place / "images", "--by", "folder", "--glob", "*.bmp", "--weight", weight)
    assert list(found["groups"]) == ["cats", "dogs/young"]
    for name, group in found["groups"].items():
        alone = result(place / "images" / name, "--glob", "*.bmp", "--weight", weight)
        assert [group[each] for each in ("images", "pixels", "mean", "std")] == [
            alone[each] for each in ("images", "pixels", "mean", "std")
        ]


@pytest.mark.parametrize(
    "options",
    [
        ["--by", "folder"],
        ["--mask", "_mask.png", "--mask-values"],
        ["--ignore", "0", "--foreground", "--covariance", "--weight", "pixel"],
    ],
)
def test_shards_and_workers_change_no_bit(masked, result, cli, options):
    place, _ = masked
    source = [place / "images", "--glob", "*.bmp", *options]
    whole = result(*source)
    parts = []
    for shard in range(1, 4):
        parts.append(place / f"{shard}.json")
        done = cli("stats", *source, "--shard", f"{shard}/3", "--out", parts[-1])
        assert done.exit_code == 0, done.stderr
    merged, in_processes = result("--merge", *parts), result(*source, "--workers", "2")
    for each in (merged, in_processes):
        for name in each.keys() - {"seconds", "images_per_second"}:
            assert each[name] == whole[name], name


def test_too_many_folders(masked, cli, monkeypatch):
    place, _ = masked
    source = [place / "images", "--by", "folder", "--glob", "*.bmp"]
    for name, most in (("MAX_GROUPS", 1), ("MAX_GROUPED", 8 * 3 * 256)):
        with monkeypatch.context() as patched:
            patched.setattr(pipeline, name, most)
            done = cli("stats", *source)
        assert done.exit_code == 2
        assert "more than 1 folders" in done.stderr
    assert cli("stats", *source).exit_code == 0


def test_part_that_no_one_could_read(masked, cli, monkeypatch):
    place, _ = masked
    monkeypatch.setattr(parts, "MAX_SIZE", 100)
    done = cli("stats", place / "images", "--shard", "1/1", "--out", place / "p.json")
    assert done.exit_code == 1
    assert not (place / "p.json").exists()


def test_folders_of_an_archive(masked, result, tmp_path):
    place, _ = masked
    with tarfile.open(tmp_path / "images.tar", "w") as archive:
        archive.add(place / "images" / "cats", "cats")
        archive.add(place / "images" / "dogs", "dogs")
    found = result(tmp_path / "images.tar", "--by", "folder", "--glob", "*.bmp")
    assert list(found["groups"]) == ["cats", "dogs/young"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--ignore", "black"], "'black'"),
        (["--ignore", "inf"], "'inf'"),
        (["--ignore", "0", "--ignore-color", "0,0,0"], "exclude"),
        (["--mask", "no/such/folder"], "no/such/folder"),
        (["--mask-values"], "--mask"),
        (["--mask", "_mask.png", "--resize", "8"], "--mask"),
        (["--mask", "_mask.png", "--pages", "all"], "--mask"),
        (["--mask", "_mask.png", "--mask-values", "--by", "folder"], "exclude"),
        (["--covariance", "--weight", "image"], "--covariance"),
    ],
)
def test_usage(masked, cli, options, message):
    place, _ = masked
    done = cli("stats", place / "images", *options)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not done.stdout


def test_archives_and_arrays_have_no_masks(masked, cli, tmp_path):
    place, _ = masked
    with tarfile.open(tmp_path / "images.tar", "w") as archive:
        archive.add(place / "images" / "cats", "cats")
    np.save(tmp_path / "a.npy", noise(0, 4, 8, 8, 3))
    for source in ("images.tar", "a.npy"):
        done = cli("stats", tmp_path / source, "--mask", "_mask.png")
        assert done.exit_code == 2
        assert "files" in done.stderr
    assert cli("stats", tmp_path / "a.npy", "--by", "folder").exit_code == 2
    with pytest.raises(UsageError):
        channel_stats(noise(0, 4, 8, 8, 3), by="folder")


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (Image.new("L", (3, 3), 1), "3×3"),
        (Image.new("RGB", (14, 10)), "RGB"),
        (None, "no mask"),
        (b"no image", "Pillow"),
        (Image.fromarray(np.arange(1, 141, dtype=np.uint16).reshape(10, 14) * 3), None),
        (Image.fromarray(np.arange(1, 341, dtype=np.uint16).reshape(20, 17)), "labels"),
    ],
)
def test_mask_that_does_not_fit(tmp_path, cli, mask, message):
    size = (17, 20) if message == "labels" else (14, 10)
    Image.new("RGB", size).save(tmp_path / "1.jpg")
    if isinstance(mask, bytes):
        (tmp_path / "1_mask.png").write_bytes(mask)
    elif mask is not None:
        mask.save(tmp_path / "1_mask.png")
    done = cli("stats", tmp_path, "--mask", "_mask.png", "--mask-values", "--json")
    assert done.exit_code == (1 if message else 0), done.stderr
    if message:
        assert message in done.stderr
    else:
        assert len(json.loads(done.stdout)["result"]["groups"]) == 140

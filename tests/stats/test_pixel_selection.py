"""Which pixels count: colours left out, masks, foreground; and the statistics of folders."""

import json
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import channel_stats, parts, pipeline
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


@given(hnp.arrays(np.float32, SHAPES, elements=st.sampled_from([0.0, 0.25, 1.0, float("nan")])))
def test_ignored_nan(block):
    """Left out where a pixel has nothing else; elsewhere the image is broken."""
    missing = np.isnan(block)
    everywhere, somewhere = missing.all(axis=1), missing.any(axis=1)
    images = list(block)  # one by one, since a batch of NaN has no minimum in [0, 1]
    if (everywhere != somewhere).any() or everywhere.all():
        return
    pixels = flat(block)
    check(
        channel_stats(images, ignore=float("nan"), layout="CHW"),
        pixels[~np.isnan(pixels).any(axis=1)],
        1,
    )


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


@given(st.lists(st.integers(0, 255), min_size=1, max_size=40))
def test_threshold_of_integers(values):
    """Equal variances may round either way: it is compared, not the place."""
    found = otsu_threshold(np.array(values))
    between, _ = otsu_by_definition(values)
    if len(set(values)) == 1:
        assert found == values[0]
        return
    below = [v for v in values if v <= found]
    above = [v for v in values if v > found]
    difference = Fraction(sum(below), len(below)) - Fraction(sum(above), len(above))
    assert len(below) * len(above) * difference**2 >= between * (1 - Fraction(1, 10**12))


@given(st.lists(st.floats(0, 1, width=32), min_size=2, max_size=20, unique=True))
def test_threshold_of_floats(values):
    found = otsu_threshold(np.array(values))
    assert min(values) <= found < max(values)


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
    import tarfile

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
    import tarfile

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


def test_colour_of_other_channels(folder, cli):
    done = cli("stats", folder, "--grayscale", "--ignore-color", "1,2,3")
    assert done.exit_code == 1
    assert "3 values" in done.stderr

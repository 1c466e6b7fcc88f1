"""Tars of samples, as the package webdataset writes them."""

import io
import tarfile
import zipfile

import pytest
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from tests.stats.conftest import noise
from tests.test_cli import failure

IMAGES, MASKS = noise(0, 12, 9, 8, 3), noise(1, 12, 9, 8)


def write(path, **entries):
    """Samples of an entry each; of an image the name ends in png."""
    webdataset = pytest.importorskip("webdataset")
    with webdataset.TarWriter(str(path)) as writer:
        for index in range(len(IMAGES)):
            values = {name.replace("_", "."): each[index] for name, each in entries.items()}
            writer.write({"__key__": f"sub/{index:06}", **values})
    return path


LABELS = list(range(len(IMAGES)))


@pytest.fixture
def pairs(tmp_path):
    return write(tmp_path / "x.tar", png=IMAGES, seg_png=MASKS, cls=LABELS)


def test_one_image_of_a_sample(tmp_path):
    path = write(tmp_path / "x.tar", png=IMAGES, cls=LABELS, json=[{"a": 1}] * len(IMAGES))
    assert channel_stats(path) == channel_stats(IMAGES)
    assert channel_stats(path, key="png") == channel_stats(IMAGES)


def test_several_images_of_a_sample(cli, result, pairs):
    line = failure(cli("stats", pairs))
    assert "the sample sub/000000 (png, seg.png); --key" in line
    assert result(pairs, "--key", "png")["mean"] == list(channel_stats(IMAGES).mean)
    assert channel_stats(pairs, key="SEG.PNG") == channel_stats(MASKS)
    assert channel_stats(pairs, glob="*.seg.png") == channel_stats(MASKS)
    assert "no key is webp" in failure(cli("stats", pairs, "--key", "webp"))


def test_a_key_that_does_not_end_like_an_image(tmp_path):
    file = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(file, "PNG")
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        for name in ("0.input", "0.cls"):
            member = tarfile.TarInfo(name)
            member.size = len(file.getvalue())
            archive.addfile(member, io.BytesIO(file.getvalue()))
    assert channel_stats(tmp_path / "x.tar", key="input") == channel_stats([IMAGES[0]])


def test_a_folder_of_shards(cli, tmp_path, pairs):
    (tmp_path / "shards").mkdir()
    for name in ("train-0.tar", "train-1.tar", "val-0.tar"):
        (tmp_path / "shards" / name).write_bytes(pairs.read_bytes())
    found = channel_stats(tmp_path / "shards", key="png", workers=2)
    assert (found.images, found.mean) == (36, channel_stats(IMAGES).mean)
    assert channel_stats(tmp_path / "shards", glob="*.seg.png").images == 36
    assert channel_stats(tmp_path / "shards", glob="train-*.tar", key="png").images == 24
    done = cli("stats", tmp_path / "shards", "--key", "png", "--limit", "5", "--json")
    assert done.exit_code == 0, done.stderr
    (tmp_path / "shards" / "val-0.tar").write_bytes(pairs.read_bytes()[:700])
    with pytest.raises(DataError, match=r"val-0\.tar"):
        channel_stats(tmp_path / "shards", key="png")


@pytest.mark.parametrize("ending", ["tar", "zip"])
def test_other_archives_are_read_as_before(tmp_path, ending):
    """Dots in names, and the same picture in two forms, make no samples."""
    file = io.BytesIO()
    Image.fromarray(IMAGES[0]).save(file, "PNG")
    names = ["2024.01.05.png", "2024.01.06.png", "a.png", "a.jpg", "notes.md"]
    if ending == "tar":
        with tarfile.open(tmp_path / "x.tar", "w") as archive:
            for name in names:
                member = tarfile.TarInfo(name)
                member.size = len(file.getvalue())
                archive.addfile(member, io.BytesIO(file.getvalue()))
    else:
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
            for name in names:
                archive.writestr(name, file.getvalue())
    assert channel_stats(tmp_path / f"x.{ending}").images == 4


def test_an_archive_beside_folders_is_not_what_is_read(folder):
    count = channel_stats(folder, rgb=True).images
    with tarfile.open(folder.parent / "backup.tar", "w") as archive:
        archive.add(folder / "0.png", "0.png")
    assert channel_stats(folder.parent, rgb=True).images == count

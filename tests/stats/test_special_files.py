"""Pipes, devices, sockets, files without permission or that change: no waiting, one line."""

import json
import os
import socket

import numpy as np
import pytest
from PIL import Image, ImageFile

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from ptnotes.stats.sources import files, npy
from tests.stats.conftest import noise
from tests.test_cli import failure

PIPES = ["x.png", "x.npy", "x.npz", "x.pt", "x-ubyte", "x-ubyte.gz", "x.tar", "x.zip", "x.txt"]
PIPES += ["x.h5", "x.zarr", "x.zarr.zip", "x.parquet", "x.mp4", "x.dcm"]


@pytest.fixture
def pipe(tmp_path):
    """``pipe(NAME)`` → a named pipe that nobody writes to."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("no named pipes here")

    def make(path):
        os.mkfifo(path)
        return path

    return make


@pytest.mark.parametrize("name", PIPES)
def test_pipe_is_not_waited_for(cli, pipe, tmp_path, name):
    assert "not a regular file" in failure(cli("stats", pipe(tmp_path / name)))


def test_pipe_for_a_part_or_in_the_data_directory(cli, pipe, tmp_path):
    part = pipe(tmp_path / "part.json")
    assert "not an ordinary file" in failure(cli("stats", "--merge", part))
    assert "not an ordinary file" in failure(cli("stats", "mnist", "--sample", "--out", part))
    assert not part.is_file()
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    for part in ("images-idx3", "labels-idx1"):
        pipe(tmp_path / f"MNIST/raw/train-{part}-ubyte")
    assert "not a regular file" in failure(cli("stats", "mnist", "--data-dir", tmp_path))


def test_pipes_and_sockets_among_images(cli, result, pipe, folder, monkeypatch):
    whole = result(folder)["images"]
    pipe(folder / "pipe.png")
    monkeypatch.chdir(folder)  # the names of sockets are short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.png")
    line = failure(cli("stats", folder))
    assert "pipe.png (not a regular file)" in line
    assert "socket.png (not a regular file)" in line
    found = result(folder, "--skip-errors")
    assert (found["images"], found["skipped"]) == (whole, 2)
    assert "not a regular file" in failure(cli("stats", "-", input="pipe.png\n"))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices here")
@pytest.mark.parametrize("name", ["x.png", "x.npy", "x.tar", "x.txt", "x-ubyte"])
def test_devices(cli, tmp_path, name):
    (tmp_path / name).symlink_to("/dev/zero")
    assert "not a regular file" in failure(cli("stats", tmp_path / name))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
@pytest.mark.parametrize("name", [name for name in PIPES if name != "x.png"])
def test_file_without_permission(cli, tmp_path, name):
    (tmp_path / name).write_bytes(b"x")
    (tmp_path / name).chmod(0)
    assert "Permission denied" in failure(cli("stats", tmp_path / name))


def test_names_too_long_or_with_nul(cli):
    for name in ("a" * 5000, "a" * 300 + ".png", ""):
        failure(cli("stats", name))
    with pytest.raises(DataError):
        channel_stats("a\0.png")


@pytest.mark.parametrize("change", ["shorter", "replaced", "gone"])
def test_array_that_changes_while_it_is_read(tmp_path, monkeypatch, change):
    path = tmp_path / "x.npy"
    np.save(path, noise(0, 800, 28, 28))
    read = npy.NpyFile.__getitem__

    def read_then_change(self, places):
        block = read(self, places)
        if change == "shorter":
            os.truncate(path, 1000)
        elif change == "gone":
            path.unlink(missing_ok=True)
        else:
            np.save(tmp_path / "y.npy", noise(1, 800, 28, 28))
            os.replace(tmp_path / "y.npy", path)
        return block

    monkeypatch.setattr(npy.NpyFile, "__getitem__", read_then_change)
    with pytest.raises(DataError, match="changed while"):
        channel_stats(path)


def test_folder_that_changes_between_listing_and_reading(cli, folder, monkeypatch):
    walk = files.walk

    def walk_then_remove(root, **options):
        yield from walk(root, **options)
        (folder / "0.png").unlink(missing_ok=True)

    monkeypatch.setattr(files, "walk", walk_then_remove)
    assert "12 images were listed and 11 read" in failure(cli("stats", folder))


def test_shards_of_a_folder_that_changes(cli, folder, tmp_path, monkeypatch):
    parts = [tmp_path / f"{index}.json" for index in (1, 2)]
    for index, path in enumerate(parts, 1):
        assert cli("stats", folder, "--shard", f"{index}/2", "--out", path).exit_code == 0
    document = json.loads(parts[0].read_text())
    del document["sha256"]  # as if files were gone when they were to be read
    document["stats"][0]["images"] -= 1
    document["stats"][0]["sizes"].pop()
    parts[0].write_text(json.dumps(document))
    assert "12 images were listed and 11 read" in failure(cli("stats", "--merge", *parts))


def test_an_image_that_another_process_shortens(tmp_path, monkeypatch):
    path = tmp_path / "x.bmp"
    Image.fromarray(noise(0, 400, 400)).save(path)
    load = ImageFile.ImageFile.load

    def shorten_and_load(self):
        os.truncate(path, 2000)
        return load(self)

    monkeypatch.setattr(ImageFile.ImageFile, "load", shorten_and_load)
    with pytest.raises(DataError, match="truncated"):
        channel_stats(path)

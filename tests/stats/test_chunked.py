"""HDF5 files and zarr stores, as h5py and zarr write them."""

import shutil
import sys
import tracemalloc

import numpy as np
import pytest

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import channel_stats
from ptnotes.stats.sources import chunked
from tests.stats.conftest import noise
from tests.test_cli import failure

IMAGES, OTHERS = noise(0, 30, 9, 8, 3), noise(1, 7, 9, 8)


def hdf5(path, **arrays):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for name, (array, options) in arrays.items():
            file.create_dataset(name.replace("_", "/"), data=array, **options)
    return path


def zarr_store(path, **arrays):
    zarr = pytest.importorskip("zarr")
    chunks = {"chunks": (7, 9, 8, 3)}
    if path.suffix == ".zip":
        store = zarr.storage.ZipStore(path, mode="w")
    else:
        store = str(path)
    group = zarr.open_group(store, mode="w")
    for name, (array, options) in arrays.items():
        kept = chunks if options.get("chunks") else {}
        group.create_array(name.replace("_", "/"), data=array, **kept)
    if path.suffix == ".zip":
        store.close()
    return path


WRITERS = {"x.h5": hdf5, "x.zarr": zarr_store, "x.zarr.zip": zarr_store}
CHUNKS = {"chunks": (7, 9, 8, 3), "compression": "gzip"}


@pytest.fixture(params=WRITERS)
def several(request, tmp_path):
    write = WRITERS[request.param]
    labels = np.arange(30)
    return write(
        tmp_path / request.param,
        train_images=(IMAGES, CHUNKS),
        test=(OTHERS, {}),
        labels=(labels, {}),
    )


def test_one_of_several(cli, result, several):
    line = failure(cli("stats", several))
    assert "test" in line
    assert "train/images" in line
    assert "--key" in line
    found = result(several, "--key", "train/images")
    assert (found["images"], found["mean"]) == (30, list(channel_stats(IMAGES).mean))
    assert channel_stats(several, key="/test") == channel_stats(OTHERS)
    assert "holds no other" in failure(cli("stats", several, "--key", "other"))
    with pytest.raises(UsageError, match="--glob"):
        channel_stats(several, key="test", glob="*")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", ">u2", "float16", "float32", ">f8"])
@pytest.mark.parametrize("name", WRITERS)
def test_every_type(tmp_path, dtype, name):
    array = IMAGES.astype(dtype) / (255 if np.dtype(dtype).kind == "f" else 1)
    array = array.astype(dtype)
    path = WRITERS[name](tmp_path / name, images=(array, CHUNKS))
    assert channel_stats(path) == channel_stats(array.astype(array.dtype.newbyteorder("=")))


def test_only_an_array(tmp_path):
    zarr = pytest.importorskip("zarr")
    for version in (2, 3):
        zarr.save_array(str(tmp_path / "x.zarr"), IMAGES, zarr_format=version)
        assert channel_stats(tmp_path / "x.zarr") == channel_stats(IMAGES)
        shutil.rmtree(tmp_path / "x.zarr")
    sharded = zarr.create_array(
        str(tmp_path / "x.zarr"),
        shape=IMAGES.shape,
        dtype="uint8",
        chunks=(2, 9, 8, 3),
        shards=(6, 9, 8, 3),
    )
    sharded[:] = IMAGES
    assert channel_stats(tmp_path / "x.zarr") == channel_stats(IMAGES)


def test_drawn_images_shards_and_resized_ones(cli, result, several):
    array = ["--key", "train/images"]
    assert result(several, *array, "--limit", "11")["images"] == 11
    assert channel_stats(several, key="train/images", resize=5) == channel_stats(
        [*map(image_of, IMAGES)], resize=5
    )
    parts = [several.parent / f"{index}.json" for index in (1, 2)]
    for index, part in enumerate(parts, 1):
        done = cli("stats", several, *array, "--shard", f"{index}/2", "--out", part)
        assert done.exit_code == 0, done.stderr
    merged = result("--merge", *parts)
    assert merged["mean"] == list(channel_stats(IMAGES).mean)


def image_of(array):
    from PIL import Image

    return Image.fromarray(array)


def test_chunks_that_are_not_kept(tmp_path, monkeypatch):
    path = hdf5(tmp_path / "x.h5", images=(IMAGES, CHUNKS))
    monkeypatch.setattr(chunked, "MAX_KEPT", 1)
    assert channel_stats(path) == channel_stats(IMAGES)


def test_an_array_is_read_piece_by_piece(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", (64, 1024, 1024), "uint8", chunks=(1, 1024, 1024))
    channel_stats(tmp_path / "x.h5")
    tracemalloc.start()
    assert channel_stats(tmp_path / "x.h5").images == 64
    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("name", WRITERS)
def test_chunks_that_unpack_to_a_lot(tmp_path, monkeypatch, name):
    path = WRITERS[name](tmp_path / name, images=(IMAGES, CHUNKS))
    monkeypatch.setattr(chunked, "MAX_CHUNK", 1000)
    with pytest.raises(DataError, match="has chunks of"):
        channel_stats(path)


def test_values_in_other_files(tmp_path):
    h5py = pytest.importorskip("h5py")
    (tmp_path / "secret").write_bytes(bytes(1000))
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("x", (3, 9, 9), "uint8", external=str(tmp_path / "secret"))
        file["y"] = h5py.ExternalLink(str(tmp_path / "z.h5"), "/z")
    with pytest.raises(DataError, match="in other files"):
        channel_stats(tmp_path / "x.h5")
    with pytest.raises(DataError, match="holds no y"):
        channel_stats(tmp_path / "x.h5", key="y")


def test_pickles_are_not_run(tmp_path):
    pytest.importorskip("zarr")
    path = zarr_store(tmp_path / "x.zarr", images=(IMAGES, {}))
    for metadata in path.rglob("zarr.json"):
        text = metadata.read_text()
        metadata.write_text(text.replace('"name": "zstd"', '"name": "numcodecs.pickle"'))
    with pytest.raises(DataError, match=r"x\.zarr"):
        channel_stats(path)


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("damage", ["nothing", "text", "cut"])
def test_a_broken_one(cli, tmp_path, name, damage):
    path = WRITERS[name](tmp_path / name, images=(noise(0, 300, 9, 8, 3), CHUNKS))
    files = [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
    for each in files:
        content = each.read_bytes()
        cut = content[: len(content) // 2]
        each.write_bytes({"nothing": b"", "text": b"hello", "cut": cut}[damage])
    assert name in failure(cli("stats", path))


@pytest.mark.parametrize(("name", "package"), [("x.h5", "h5py"), ("x.zarr", "zarr")])
def test_without_the_package(cli, tmp_path, monkeypatch, name, package):
    path = WRITERS[name](tmp_path / name, images=(IMAGES, CHUNKS))
    monkeypatch.setitem(sys.modules, package, None)
    extra = {"h5py": "hdf5", "zarr": "zarr"}[package]
    assert f"{name} is read with {package}: pip install 'ptnotes[{extra}]'" in failure(
        cli("stats", path)
    )


def test_what_holds_no_array(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["text"] = "hello"
        file.create_dataset("flat", data=np.zeros(5))
    with pytest.raises(DataError, match="holds none"):
        channel_stats(tmp_path / "x.h5")

"""Parquet files with images in their rows, as pyarrow writes them and the hub has them."""

import io
import json
import os
import sys

import numpy as np
import pytest
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import channel_stats
from ptnotes.stats.sources import parquet
from tests.stats.conftest import noise
from tests.test_cli import failure

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

IMAGES = noise(0, 30, 9, 8, 3)


def encoded(image):
    file = io.BytesIO()
    Image.fromarray(image).save(file, "PNG")
    return file.getvalue()


ROWS = [{"bytes": encoded(image), "path": f"{index}.png"} for index, image in enumerate(IMAGES)]


def features(**kinds):
    """The metadata that the package datasets writes."""
    described = {name: {"_type": kind} for name, kind in kinds.items()}
    return {"huggingface": json.dumps({"info": {"features": described}})}


def write(path, metadata=None, group=7, **columns):
    table = pa.table(columns)
    path.parent.mkdir(exist_ok=True)
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=group)
    return path


@pytest.fixture
def hub(tmp_path):
    """A folder of two shards of train and one of test."""
    for name, rows in (("train-0", ROWS[:12]), ("train-1", ROWS[12:20]), ("test-0", ROWS[20:])):
        path = tmp_path / "set" / "data" / f"{name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, features(image="Image", label="ClassLabel"), image=rows, label=[1] * len(rows))
    (tmp_path / "set" / "README.md").write_text("it")
    (tmp_path / "set" / ".git").mkdir()
    return tmp_path / "set"


@pytest.mark.parametrize("kind", ["struct", "binary", "large_binary"])
@pytest.mark.parametrize("compression", ["snappy", "zstd"])
def test_rows_are_images(tmp_path, kind, compression):
    column = ROWS if kind == "struct" else pa.array([row["bytes"] for row in ROWS], kind)
    table = pa.table({"img": column, "label": list(range(30))})
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=7, compression=compression)
    assert channel_stats(tmp_path / "x.parquet") == channel_stats(IMAGES)
    assert channel_stats(tmp_path / "x.parquet", workers=2) == channel_stats(IMAGES)


def test_folder_of_shards(result, hub):
    assert channel_stats(hub) == channel_stats(IMAGES)
    assert channel_stats(hub / "data") == channel_stats(IMAGES)
    assert channel_stats(hub, glob="train-*.parquet") == channel_stats(IMAGES[:20])
    found = result(hub, "--limit", "10")
    assert (found["images"], found["images_in_all"]) == (10, 30)


def test_parts_of_shards(cli, hub, tmp_path):
    parts = [tmp_path / f"{index}.json" for index in (1, 2, 3)]
    for index, part in enumerate(parts, 1):
        assert cli("stats", hub, "--shard", f"{index}/3", "--out", part).exit_code == 0
    merged = json.loads(cli("stats", "--merge", *parts, "--json").stdout)["result"]
    assert merged["mean"] == list(channel_stats(IMAGES).mean)


def test_folders_that_only_hold_a_parquet_file_beside_images(folder, tmp_path):
    count = channel_stats(folder, rgb=True).images
    write(folder / "metadata.parquet", file_name=["0.png"])
    assert channel_stats(folder, rgb=True).images == count
    (tmp_path / "other" / "pictures").mkdir(parents=True)
    Image.fromarray(IMAGES[0]).save(tmp_path / "other" / "pictures" / "x.png")
    write(tmp_path / "other" / "metadata.parquet", file_name=["x.png"])
    assert channel_stats(tmp_path / "other").images == 1


def test_which_column(cli, tmp_path):
    half = [row["bytes"] for row in ROWS]
    path = write(tmp_path / "x.parquet", left=ROWS, right=half, blob=half, label=[0] * 30)
    assert channel_stats(path) == channel_stats(IMAGES)  # a struct of bytes and path is one
    assert channel_stats(path, key="right") == channel_stats(IMAGES)
    path = write(path, features(left="Audio", right="Image"), left=ROWS, right=half, blob=half)
    assert channel_stats(path) == channel_stats(IMAGES)
    path = write(path, right=half, blob=half)
    assert "(blob, right); --key" in failure(cli("stats", path))
    assert "no column label of images" in failure(cli("stats", path, "--key", "label"))
    path = write(path, label=[1, 2])
    assert "no column of images; its columns are label" in failure(cli("stats", path))
    assert cli("stats", path, "--glob", "*.png").exit_code == 2


@pytest.mark.parametrize("text", ["[]", "{", '{"info": {"features": [1]}}', '{"info": 3}'])
def test_metadata_that_says_nothing(tmp_path, text):
    path = write(tmp_path / "x.parquet", {"huggingface": text}, image=ROWS)
    assert channel_stats(path).images == 30


def test_broken_and_missing_images_are_named(cli, result, tmp_path):
    rows = [*ROWS[:9], {"bytes": None, "path": "elsewhere.png"}, None]
    rows += [{"bytes": b"no image", "path": None}]
    path = write(tmp_path / "x.parquet", image=rows)
    line = failure(cli("stats", path))
    assert "row 9 (its bytes are not in the file)" in line
    assert "row 10 (its bytes are not in the file)" in line
    assert "row 11 (not an image" in line
    found = result(path, "--skip-errors")
    assert (found["images"], found["skipped"]) == (9, 3)


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped"])
def test_a_broken_file(cli, tmp_path, damage):
    path = write(tmp_path / "x.parquet", image=ROWS)
    content = bytearray(path.read_bytes())
    flipped = bytes(content[:200]) + bytes(x ^ 255 for x in content[200:3000]) + content[3000:]
    path.write_bytes(
        {"empty": b"", "text": b"hello", "cut": content[:2000], "flipped": flipped}[damage]
    )
    line = failure(cli("stats", path))
    assert "x.parquet" in line or "row " in line


def test_without_the_package(cli, tmp_path, monkeypatch):
    path = write(tmp_path / "x.parquet", image=ROWS)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    line = failure(cli("stats", path))
    assert "x.parquet is read with pyarrow.parquet: pip install 'ptnotes[parquet]'" in line


def test_a_row_group_that_unpacks_to_a_lot(tmp_path, monkeypatch):
    path = write(tmp_path / "x.parquet", image=[{"bytes": bytes(1 << 22), "path": ""}], group=1)
    assert os.path.getsize(path) < 1 << 20
    monkeypatch.setattr(parquet, "MAX_GROUP", 1 << 20)
    with pytest.raises(DataError, match="unpacks to 4 MB, and 1 MB are the most"):
        channel_stats(path)
    monkeypatch.setattr(parquet, "MAX_ROWS", 0)
    with pytest.raises(DataError, match="row group of 1 rows"):
        channel_stats(path)


def test_one_value_for_many_rows(tmp_path):
    """A dictionary holds 4 MB once, where the rows would be 2 GB."""
    count = 500
    path = write(
        tmp_path / "x.parquet",
        group=count,
        image=pa.array([encoded(np.tile(IMAGES[0], (200, 200, 1)))] * count),
    )
    before = pa.total_allocated_bytes()
    pool = pa.default_memory_pool()
    source = parquet.parquet(path, None)
    most = 0
    for item in source.items(lambda index, name: True):
        most = max(most, pool.bytes_allocated() - before)
        assert isinstance(item.content, bytes)
    assert most < parquet.MAX_READ + (1 << 26)

"""``ptnotes data``: what lies here, and whether it is what it should be."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from ptnotes.datasets import inventory
from ptnotes.datasets.manifest import DataSet, File, data_sets
from ptnotes.datasets.paths import sample_directory
from ptnotes.errors import DataError

FILES = [file.path for data_set in data_sets().values() for file in data_set.files]
SAMPLE_FILES = [
    *(file for file in FILES if file.startswith("MNIST")),
    *("diabetes.csv.gz", "names_train.csv.gz", "names_test.csv.gz"),
]


@pytest.fixture
def data(cli):
    """``data("verify", …)`` → exit code, the document's result, stderr."""

    def invoke(*arguments):
        done = cli("data", *arguments, "--json")
        assert "Traceback" not in done.stderr
        return done.exit_code, json.loads(done.stdout or "{}").get("result"), done.stderr

    return invoke


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A copy of the sample to break."""
    copy = tmp_path / "sample"
    shutil.copytree(sample_directory(), copy)
    monkeypatch.setattr("ptnotes.datasets.paths.SAMPLE_PLACES", (copy,))
    return copy


def states(result):
    return {row["path"]: row["state"] for row in result["files"]}


def test_list_of_nothing(data, tmp_path):
    code, result, _ = data("list", "--data-dir", tmp_path)
    assert code == 0
    found = states(result)
    assert set(FILES) <= set(found)
    assert set(result["sets"].values()) == {"missing", "right"}  # the sample is always there
    assert result["sets"]["sample"] == "right"
    assert result["data_dir"] == str(tmp_path)


def test_list_has_a_row_per_set(cli, labels, published, tmp_path):
    labels.with_suffix(".gz").write_bytes(published(b"right"))
    text = cli("data", "list", "--data-dir", tmp_path).stdout
    rows = [line.split()[:3] for line in text.splitlines()]
    assert ["kmnist", "right", "1/1"] in rows
    assert ["sample", "right", f"{len(SAMPLE_FILES)}/{len(SAMPLE_FILES)}"] in rows
    assert labels.name not in text
    labels.write_bytes(b"wrong")
    every = cli("data", "list", "--data-dir", tmp_path, "--all").stdout
    assert labels.name in every
    assert ["kmnist", "wrong", "0/1"] in [line.split()[:3] for line in every.splitlines()]


def test_documents_keep_their_names(data, tmp_path):
    """What scripts read: in this order, as they have always been."""
    _, result, _ = data("list", "--data-dir", tmp_path)
    assert list(result) == ["files", "data_dir", "sample_dir", "sets"]
    assert all(list(row) == ["data_set", "state", "size", "path"] for row in result["files"])
    _, result, _ = data("verify", "--sample")
    assert list(result) == ["files", "checked", "failed"]


@pytest.mark.parametrize("width", [20, 60, 80, 300])
def test_list_of_every_width(cli, tmp_path, width):
    done = cli("data", "list", "--data-dir", tmp_path, env={"COLUMNS": str(width)})
    assert done.exit_code == 0
    assert max(cell_len(line) for line in done.stdout.splitlines() if "─" in line) <= width


def test_list_fits_and_pipes(cli, tmp_path):
    done = cli("data", "list", "--data-dir", tmp_path)
    assert done.exit_code == 0
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines() if "dir" not in line)


def test_verify_the_sample(data, sample):
    code, result, _ = data("verify", "--sample")
    assert (code, result["failed"]) == (0, [])
    assert set(states(result)) == set(SAMPLE_FILES)


@pytest.mark.parametrize("path", SAMPLE_FILES)
def test_one_flipped_byte_is_found(data, sample, path):
    content = bytearray((sample / path).read_bytes())
    content[len(content) // 2] ^= 1
    (sample / path).write_bytes(content)
    code, result, errors = data("verify", "--sample")
    assert (code, result["failed"]) == (1, [path])
    assert path in errors


def test_truncated_and_missing_files_are_named(data, sample):
    first, second = SAMPLE_FILES[0], SAMPLE_FILES[-1]
    (sample / first).write_bytes((sample / first).read_bytes()[:-1])
    (sample / second).unlink()
    code, result, _ = data("verify", "--sample")
    assert (code, set(result["failed"])) == (1, {first, second})
    assert states(result)[second] == "missing"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_what_is_no_file_is_wrong(data, sample):
    """A directory, a pipe, a device: looked at, never opened."""
    kinds = [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")]
    for path, make in zip(SAMPLE_FILES, kinds, strict=False):
        (sample / path).unlink()
        make(sample / path)
    code, result, _ = data("verify", "--sample")
    assert code == 1
    assert {path for path, state in states(result).items() if state == "wrong"} == {
        *SAMPLE_FILES[:3]
    }


def test_verify_nothing(data, tmp_path):
    code, result, errors = data("verify", "--data-dir", tmp_path)
    assert (code, result) == (1, None)
    assert str(tmp_path) in errors


@pytest.fixture
def labels(tmp_path):
    """Where torchvision unpacks a file of which only the packed digest is known; its folder."""
    (tmp_path / "KMNIST/raw").mkdir(parents=True)
    return tmp_path / "KMNIST/raw/t10k-labels-idx1-ubyte"


def test_unpacked_file_of_a_packed_digest_is_unknown(data, labels, tmp_path):
    labels.write_bytes(bytes(10_008))
    _, result, _ = data("list", "--data-dir", tmp_path)
    assert states(result)["KMNIST/raw/t10k-labels-idx1-ubyte"] == "unknown"
    assert result["sets"]["kmnist"] == "incomplete"


def test_but_not_of_another_length(data, labels, tmp_path):
    labels.write_bytes(bytes(10_007))
    code, result, _ = data("verify", "--data-dir", tmp_path)
    assert code == 1
    assert "KMNIST/raw/t10k-labels-idx1-ubyte" in result["failed"]
    assert result["checked"] == 1  # three files of the set aren't there


@pytest.fixture
def published(monkeypatch):
    """``published(content)``: what a file of KMNIST's labels packs, from now on."""

    def publish(content):
        packed = gzip.compress(content)
        digest = hashlib.sha256(packed).hexdigest()
        path = "KMNIST/raw/t10k-labels-idx1-ubyte.gz"
        file = File(path, digest, len(packed), unpacked_size=len(content))
        monkeypatch.setattr(inventory, "data_sets", lambda: {"kmnist": DataSet((), (file,))})
        return packed

    return publish


def test_unpacked_file_is_compared_with_the_right_packed_one(data, labels, published, tmp_path):
    labels.with_suffix(".gz").write_bytes(published(b"right"))
    for content, state in ((b"right", "right"), (b"wrong", "wrong")):
        labels.write_bytes(content)
        _, result, _ = data("list", "--data-dir", tmp_path)
        assert states(result)["KMNIST/raw/t10k-labels-idx1-ubyte"] == state


def test_download_replaces_a_wrong_unpacked_file(data, labels, published, tmp_path, monkeypatch):
    """Else readers would go on taking it."""
    packed = published(b"right")
    labels.write_bytes(b"half")
    monkeypatch.setattr(
        inventory, "fetch", lambda *_: labels.with_suffix(".gz").write_bytes(packed)
    )
    code, result, _ = data("download", "kmnist", "--data-dir", tmp_path)
    assert (code, result["downloaded"]) == (0, 1)
    assert states(result) == {"KMNIST/raw/t10k-labels-idx1-ubyte.gz": "right"}
    assert not labels.exists()


def test_verify_real_data(data, real_data):
    code, result, _ = data("verify", "--data-dir", real_data)
    assert (code, result["failed"]) == (0, [])
    assert result["checked"] == 7


@pytest.mark.parametrize("which", range(7))
def test_one_flipped_byte_of_real_data_is_found(data, real_data, tmp_path, which):
    """In any file, unpacked or not; its neighbours are links."""
    places = [
        path for path in sorted(real_data.rglob("*")) if "." in path.name or "ubyte" in path.name
    ]
    paths = [place.relative_to(real_data) for place in places if place.is_file()]
    for index, path in enumerate(paths):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        if index != which:
            (tmp_path / path).symlink_to(real_data / path)
    content = bytearray((real_data / paths[which]).read_bytes())
    content[len(content) * 2 // 3] ^= 0x80
    (tmp_path / paths[which]).write_bytes(content)
    code, result, errors = data("verify", "--data-dir", tmp_path)
    assert (code, result["failed"]) == (1, [str(paths[which])])
    assert str(paths[which]) in errors


def test_download_takes_what_is_missing_or_wrong(data, tmp_path, monkeypatch):
    fetched = []

    def fetch(_, file, directory):
        fetched.append(file.path)
        (directory / file.path).parent.mkdir(parents=True, exist_ok=True)
        (directory / file.path).write_bytes(gzip.compress(b"something"))

    monkeypatch.setattr(inventory, "fetch", fetch)
    (tmp_path / "names_test.csv.gz").write_bytes(b"half")
    code, result, _ = data("download", "names", "diabetes", "--data-dir", tmp_path)
    assert code == 0
    assert set(fetched) == {"names_train.csv.gz", "names_test.csv.gz", "diabetes.csv.gz"}
    assert result["downloaded"] == 3


def test_download_leaves_right_files_alone(data, real_data, monkeypatch):
    monkeypatch.setattr(inventory, "fetch", None)
    code, result, _ = data("download", "mnist", "names", "diabetes", "--data-dir", real_data)
    assert (code, result["downloaded"]) == (0, 0)


def test_one_set_that_fails_does_not_stop_the_others(data, tmp_path, monkeypatch):
    def fetch(_, file, directory):
        if file.path.startswith("KMNIST"):
            raise DataError(f"{file.path} could not be downloaded")
        (directory / file.path).parent.mkdir(parents=True, exist_ok=True)
        (directory / file.path).write_bytes(b"something")

    monkeypatch.setattr(inventory, "fetch", fetch)
    code, result, errors = data("download", "kmnist", "names", "--data-dir", tmp_path)
    assert (code, result) == (1, None)
    line = errors.splitlines()[-1]
    assert line.startswith("ptnotes: KMNIST/raw/train-images-idx3-ubyte.gz could not be downloaded")
    assert line.count("KMNIST") == 4
    assert {path.name for path in tmp_path.iterdir()} == {
        "names_train.csv.gz",
        "names_test.csv.gz",
    }


def test_download_that_fails(data, tmp_path):
    code, result, errors = data("download", "diabetes", "--data-dir", tmp_path / "new")
    assert (code, result) == (1, None)
    assert len([line for line in errors.splitlines() if line.startswith("ptnotes: diabetes")]) == 1
    assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.parametrize("arguments", [["download", "imagenet"], ["erase"], ["list", "--sample"]])
def test_wrong_usage(cli, arguments):
    assert cli("data", *arguments).exit_code == 2

import os
from pathlib import Path

import pytest

from ptnotes.datasets import diabetes, mnist
from ptnotes.datasets import paths as locate
from ptnotes.errors import DataError

DIRECTORIES = {
    "no such": "does not exist",
    "a file": "not a directory",
    "a pipe": "not a directory",
    "a loop": "can't be read",
    "locked": "can't be read",
    "x" * 999: "can't be read",
    "a\0b": "can't be read",
}
needs_posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes, no POSIX rights")


@pytest.fixture
def strange(tmp_path, monkeypatch):
    """The current directory, in which these are."""
    monkeypatch.chdir(tmp_path)
    Path("a file").touch()
    os.mkfifo("a pipe")
    Path("a loop").symlink_to("a loop")
    Path("locked").mkdir(mode=0)
    tmp_path.chmod(0o755)


@needs_posix
@pytest.mark.parametrize("name", DIRECTORIES)
def test_directory_that_is_none(strange, name):
    user = os.geteuid()
    try:
        if user == 0:  # whom nothing is locked for
            os.seteuid(65534)
        with pytest.raises(DataError, match=DIRECTORIES[name]):
            locate.data_directory(Path(name))
    finally:
        os.seteuid(user)


@needs_posix
@pytest.mark.parametrize("name", ["a file", "a pipe", "a loop"])
def test_nothing_is_downloaded_there(cli, strange, name):
    done = cli("data", "download", "diabetes", "--data-dir", name, "--quiet")
    assert done.exit_code == 1
    assert done.stderr.startswith(f"ptnotes: {name} ")
    assert len(done.stderr.splitlines()) == 1


@needs_posix
@pytest.mark.parametrize("read", [diabetes.read, lambda given: mnist.read(given, "train")])
def test_pipe_in_place_of_a_file(tmp_path, monkeypatch, read):
    """Nobody writes into it: reading would wait for ever."""
    (tmp_path / "MNIST/raw").mkdir(parents=True)
    os.mkfifo(tmp_path / "diabetes.csv.gz")
    os.mkfifo(tmp_path / "MNIST/raw/train-images-idx3-ubyte")
    monkeypatch.setattr("builtins.open", None)
    monkeypatch.setattr("numpy.fromfile", None)
    with pytest.raises(DataError, match="not a regular file"):
        read(tmp_path)


def test_current_directory_that_is_gone(cli, tmp_path, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    monkeypatch.setenv("PTNOTES_OFFLINE", "1")
    try:
        (tmp_path / "gone").rmdir()
    except OSError:
        pytest.skip("it can't be removed here")
    for command in (["diabetes"], ["data", "list"], ["data", "download"], ["data", "verify"]):
        done = cli(*command, "--quiet")
        assert done.exit_code == 1 or command[-1] == "list"
        assert "bug" not in done.stderr


def test_default_directory_need_not_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate.data_directory(None) == Path("data")


def test_unpacked_file_is_taken_before_the_packed_one(tmp_path):
    path = "MNIST/raw/train-labels-idx1-ubyte.gz"
    (tmp_path / "MNIST/raw").mkdir(parents=True)
    (tmp_path / path).touch()
    assert locate.data_file(tmp_path, "mnist", path) == tmp_path / path
    unpacked = tmp_path / path.removesuffix(".gz")
    unpacked.touch()
    assert locate.data_file(tmp_path, "mnist", path) == unpacked


def test_unpacked_table_is_not_taken(tmp_path):
    """The reader of tables wants them packed."""
    for name in ("diabetes.csv", "diabetes.csv.gz"):
        (tmp_path / name).touch()
    assert locate.data_file(tmp_path, "diabetes", "diabetes.csv.gz").name == "diabetes.csv.gz"


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """An empty sample."""
    monkeypatch.setattr(locate, "SAMPLE_PLACES", (tmp_path / "nowhere", tmp_path))
    return tmp_path


def test_sample_is_never_downloaded(sample):
    assert locate.sample_directory() == sample
    with pytest.raises(DataError, match="sample"):
        locate.data_file(sample, "diabetes", "diabetes.csv.gz")


def test_nor_into_it(cli, sample):
    done = cli("data", "download", "diabetes", "--data-dir", sample)
    assert done.exit_code == 2
    assert "sample" in done.stderr


def test_missing_sample_is_named(cli, sample):
    sample.rmdir()
    done = cli("diabetes", "--sample")
    assert done.exit_code == 1
    assert done.stderr.startswith("ptnotes: ")
    assert len(done.stderr.splitlines()) == 1

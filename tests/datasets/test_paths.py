from pathlib import Path

import pytest

from ptnotes.datasets import paths as locate
from ptnotes.errors import DataError


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


def test_missing_sample_is_named(cli, sample):
    sample.rmdir()
    done = cli("diabetes", "--sample")
    assert done.exit_code == 1
    assert done.stderr.startswith("ptnotes: ")
    assert len(done.stderr.splitlines()) == 1

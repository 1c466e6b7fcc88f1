"""The data sets by name that torchvision reads, and one line where something is missing."""

import http.client
import importlib.util
import urllib.error

import pytest

from ptnotes.datasets import builtin
from ptnotes.errors import DataError


class Missing:
    """A data set of torchvision that is nowhere: ``failure`` is what its download ends with."""

    downloads = 0
    failure: Exception = urllib.error.URLError("no network")

    def __init__(self, root, download=False, **_):
        if not download:
            raise RuntimeError("Dataset not found")
        Missing.downloads += 1
        raise self.failure


@pytest.fixture
def missing(monkeypatch):
    monkeypatch.setattr(Missing, "downloads", 0)
    for name in builtin.TORCHVISION.values():
        monkeypatch.setattr(f"torchvision.datasets.{name}", Missing)
    return Missing


def without_scipy(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec",
        lambda name, *rest: None if name == "scipy" else find(name, *rest),
    )


def test_svhn_without_scipy_downloads_nothing(cli, missing, monkeypatch, tmp_path):
    without_scipy(monkeypatch)
    done = cli("stats", "svhn", "--data-dir", tmp_path)
    assert done.exit_code == 1
    assert "pip install scipy" in done.stderr
    assert missing.downloads == 0
    assert list(tmp_path.iterdir()) == []


def test_svhn_that_is_there_without_scipy(cli, monkeypatch, tmp_path):
    class ReadWithScipy:
        def __init__(self, root, **_):
            raise ModuleNotFoundError("No module named 'scipy'")

    without_scipy(monkeypatch)
    monkeypatch.setattr("torchvision.datasets.SVHN", ReadWithScipy)
    done = cli("stats", "svhn", "--data-dir", tmp_path)
    assert done.exit_code == 1
    assert "pip install scipy" in done.stderr


@pytest.mark.parametrize("value", ["1", "yes"])
def test_offline(missing, monkeypatch, tmp_path, value):
    monkeypatch.setenv("PTNOTES_OFFLINE", value)
    with pytest.raises(DataError, match="PTNOTES_OFFLINE"):
        builtin.read("cifar10", "train", tmp_path)
    assert missing.downloads == 0


@pytest.mark.parametrize(
    "failure",
    [
        urllib.error.URLError("no network"),
        http.client.IncompleteRead(b""),
        RuntimeError("File not found or corrupted."),
        EOFError("Compressed file ended"),
    ],
    ids=lambda failure: type(failure).__name__,
)
def test_a_failed_download_is_one_line_and_leaves_nothing(missing, monkeypatch, tmp_path, failure):
    monkeypatch.setattr(missing, "failure", failure)
    with pytest.raises(DataError, match="could not be downloaded"):
        builtin.read("cifar100", "test", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_files_that_can_not_be_read(monkeypatch, tmp_path):
    class Unreadable:
        def __init__(self, root, **_):
            raise IsADirectoryError(21, "Is a directory", "data_batch_1")

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Unreadable)
    with pytest.raises(DataError, match="Is a directory"):
        builtin.read("cifar10", "train", tmp_path)

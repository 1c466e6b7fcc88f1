from pathlib import Path

import pytest

from ptnotes.datasets import locate
from ptnotes.errors import DataError


def test_download_that_breaks_off_leaves_nothing(tmp_path):
    def fetch(into: Path) -> None:
        (into / "half").write_text("hal")
        raise OSError("connection lost")

    with pytest.raises(DataError, match="connection lost"):
        locate._download("half", tmp_path, fetch)
    assert list(tmp_path.iterdir()) == []


def test_download_moves_whole_files_to_their_places(tmp_path, capsys):
    def fetch(into: Path) -> None:
        print("downloading")
        (into / "MNIST/raw").mkdir(parents=True)
        (into / "MNIST/raw/file").write_text("whole")

    locate._download("file", tmp_path, fetch)
    assert (tmp_path / "MNIST/raw/file").read_text() == "whole"
    assert [path.name for path in tmp_path.iterdir()] == ["MNIST"]
    assert capsys.readouterr().out == ""  # stdout belongs to the table or the document


def test_interrupted_download_leaves_nothing(tmp_path):
    def fetch(into: Path) -> None:
        (into / "half").write_text("hal")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        locate._download("half", tmp_path, fetch)
    assert list(tmp_path.iterdir()) == []


def test_default_directory_need_not_exist(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert locate.data_directory(None) == Path("data")

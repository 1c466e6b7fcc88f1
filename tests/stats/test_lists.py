"""Lists of paths: names are bytes, whatever the encoding is; what is no list is refused."""

import os
import subprocess
import sys

import pytest

from ptnotes.stats.sources import lists
from tests.test_cli import failure

STRICT = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.fixture
def odd_names(folder):
    """Two images whose names are Latin-1 and UTF-8, as bytes, a line each."""
    names = [b"caf\xe9.png", "ü.png".encode()]
    for name in names:
        try:
            (folder / os.fsdecode(name)).write_bytes((folder / "0.png").read_bytes())
        except (OSError, UnicodeError):
            pytest.skip("this file system knows only UTF-8")
    return b"".join(os.fsencode(folder) + b"/" + name + b"\n" for name in names)


def test_names_on_standard_input_are_bytes(result, odd_names):
    assert result("-", input=odd_names)["images"] == 2
    assert result("-", "--limit", "1", input=odd_names)["images_in_all"] == 2


def test_names_in_a_file_are_bytes(result, odd_names, tmp_path):
    (tmp_path / "list.txt").write_bytes(odd_names)
    assert result(tmp_path / "list.txt")["images"] == 2


@pytest.mark.parametrize(
    ("source", "environment"),
    [("-", STRICT), ("list.txt", STRICT), ("-", {"PYTHONIOENCODING": "cp936"})],
    ids=["C", "C, list", "cp936"],
)
def test_under_any_encoding(odd_names, tmp_path, source, environment):
    (tmp_path / "list.txt").write_bytes(odd_names)
    done = subprocess.run(
        [sys.executable, "-m", "ptnotes", "stats", source, "--quiet"],
        input=odd_names,
        capture_output=True,
        cwd=tmp_path,
        env=os.environ | environment,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"images             2" in done.stdout


def test_windows_console_writes_characters(result, folder, monkeypatch):
    listed = f"{folder / '0.png'}\r\n".encode()
    path = lists._path
    monkeypatch.setattr("ptnotes.stats.sources.lists.os.name", "nt")
    name = path(listed, "utf-8")
    assert path("图.png\r\n".encode("cp936"), "cp936") == "图.png"
    monkeypatch.undo()
    assert name == str(folder / "0.png")


def test_byte_order_mark(cli, result, folder, tmp_path):
    listed = f"{folder / '0.png'}\n"
    (tmp_path / "list.txt").write_text(listed, encoding="utf-8-sig")
    assert result(tmp_path / "list.txt")["images"] == 1
    (tmp_path / "list.txt").write_text(listed, encoding="utf-16")
    assert "UTF-8" in failure(cli("stats", tmp_path / "list.txt"))


def test_line_without_an_end(cli, tmp_path):
    with open(tmp_path / "list.txt", "wb") as file:
        file.truncate(1 << 33)  # a hole of 8 GB
    assert "not a list of paths" in failure(cli("stats", tmp_path / "list.txt"))
    assert "not a list of paths" in failure(cli("stats", "-", input=b"a" * (1 << 17)))


def test_closed_standard_input(cli, monkeypatch):
    monkeypatch.setattr("ptnotes.stats.sources.sys.stdin", None)
    from ptnotes.errors import DataError
    from ptnotes.stats import channel_stats

    with pytest.raises(DataError, match="closed"):
        channel_stats("-")

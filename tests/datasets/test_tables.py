"""Gzipped CSV files that are no text, or too much of it."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.datasets import names
from ptnotes.datasets.tables import read_table
from ptnotes.errors import DataError


@pytest.fixture
def table(tmp_path):
    """``table(content)`` → the table of two columns in a file of these bytes, packed."""

    def read(content):
        (tmp_path / "x.csv.gz").write_bytes(gzip.compress(content))
        return read_table(tmp_path / "x.csv.gz", ["name", "country"])

    return read


def test_byte_that_is_not_utf_8(table):
    """Its line is named, far behind what pandas reads at once too."""
    rows = b'Meyer,German\n"a\nb",Korean\n'
    for before in (1, 20_000):
        with pytest.raises(DataError, match=rf"line {3 * before + 1}: .*UTF-8"):
            table(before * rows + b"M\xfcller,German\n")
    assert len(table("Müller,German\n".encode())) == 1
    assert list(table("\ufeffMüller,German\n".encode())["name"]) == ["Müller"]


def test_file_that_unpacks_to_too_much(table, monkeypatch):
    monkeypatch.setattr("ptnotes.datasets.tables.MAX_BYTES", 1000)
    assert len(table(100 * b"a,b\n")) == 100
    with pytest.raises(DataError, match="more than"):
        table(300 * b"a,b\n")


def test_names_that_would_fill_the_memory(tmp_path, monkeypatch):
    """Every name is padded to the longest."""
    monkeypatch.setattr("ptnotes.datasets.names.MAX_CODES", 1000)
    rows = [99 * b"a,b\n" + 11 * b"a" + b",b\n", b"a,b\n"]
    for name, content in zip(("train", "test"), rows, strict=True):
        (tmp_path / f"names_{name}.csv.gz").write_bytes(gzip.compress(content))
    with pytest.raises(DataError, match=r"names_train.*longest of 100"):
        names.read(tmp_path)


@given(st.one_of(st.binary(max_size=200), st.text(alphabet='ab,"\n\r\0é\ufeff', max_size=60)))
def test_any_content(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.csv.gz"
    packed = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(packed, 1))
    try:
        found = read_table(path, ["name", "country"])
    except DataError as error:
        assert "any.csv.gz" in str(error)
    else:
        assert (found["country"] != "").all()

"""What the data sets consist of, from ``manifest.toml``; the sample's list is among its files."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MANIFEST = Path(__file__).with_name("manifest.toml")


@dataclass(frozen=True)
class File:
    """A file as published: its path in a data directory, size in bytes, SHA-256.

    ``unpacked`` is the SHA-256 of what a ``.gz`` holds; where it isn't known, ``unpacked_size`` is
    how many bytes that is. The sample's files have no known ``size``.
    """

    path: str
    sha256: str
    size: int | None = None
    unpacked: str | None = None
    unpacked_size: int | None = None


@dataclass(frozen=True)
class DataSet:
    """Files, and the base addresses they are fetched from, in this order."""

    mirrors: tuple[str, ...]
    files: tuple[File, ...]


@cache
def data_sets() -> dict[str, DataSet]:
    """The real data sets by name."""
    with MANIFEST.open("rb") as file:
        sets = tomllib.load(file)
    return {
        name: DataSet(tuple(entry["mirrors"]), tuple(File(**file) for file in entry["files"]))
        for name, entry in sets.items()
    }


def sample_set(directory: Path) -> DataSet:
    """The sample's files, from the list beside them."""
    lines = (directory / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    pairs = (line.split(maxsplit=1) for line in lines)
    return DataSet((), tuple(File(path, digest) for digest, path in pairs))

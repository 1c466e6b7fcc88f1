"""The data sets on this machine: listed, downloaded, compared with the manifest."""

import gzip
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ptnotes.datasets.digests import sha256
from ptnotes.datasets.download import absolute, fetch
from ptnotes.datasets.manifest import DataSet, File, data_sets, sample_set
from ptnotes.datasets.paths import data_directory, places, sample_directory, target_directory
from ptnotes.errors import DataError
from ptnotes.events import Event, Header, Marked, Result, Row, Table, column
from ptnotes.language import translate
from ptnotes.quantities import written

FileStatus = Literal["right", "wrong", "unknown", "missing"]
ROLES = {
    "right": "good",
    "wrong": "bad",
    "unknown": "warning",
    "incomplete": "warning",
    "missing": "dim",
}


@dataclass(frozen=True)
class FileRow(Row):
    """A file on this machine: its size in bytes, and what its SHA-256 says of it.

    "unknown" is a file that torchvision unpacked, as long as it should be, of a set whose digests
    are those of the .gz, where no right .gz is beside it.
    """

    data_set: str = column("data set", "<13")
    state: FileStatus = column("state", "<7")
    size: int = column("bytes", "10d")
    path: str = column("file")

    def shown(self, name: str) -> Marked | None:
        if name == "state":
            return _marked(self.state)
        return Marked((f"{written(name, self.size):>10}", "")) if name == "size" else None


def _marked(state: str) -> Marked:
    return Marked((translate(state), ROLES[state]))


def inspect(name: str, data_set: DataSet, directory: Path) -> list[FileRow]:
    """The state of every file of a data set; two rows where it is there packed and unpacked."""
    return [row for file in data_set.files for row in _inspect_file(name, file, directory)]


def _inspect_file(name: str, file: File, directory: Path) -> list[FileRow]:
    """A row for every place where the file is, the reader's first."""
    return [
        FileRow(name, _state(file, directory, path), (directory / path).stat().st_size, path)
        for path in places(file.path)
        if os.path.exists(directory / path)
    ] or [FileRow(name, "missing", 0, file.path)]


def _state(file: File, directory: Path, path: str) -> FileStatus:
    """Of the file at ``path``, one of its places. Raises DataError if it can't be read."""
    place, packed = directory / path, directory / file.path
    if not place.is_file():  # a pipe, say: it is never opened
        return "wrong"
    if place == packed:
        return "right" if sha256(place) == file.sha256 else "wrong"
    if file.unpacked:
        return "right" if sha256(place) == file.unpacked else "wrong"
    if file.unpacked_size not in (None, place.stat().st_size):
        return "wrong"
    if not packed.is_file() or sha256(packed) != file.sha256:
        return "unknown"
    try:
        same = place.read_bytes() == gzip.decompress(packed.read_bytes())
    except OSError as error:
        raise DataError(f"{place} can't be read: {error.strerror}") from error
    return "right" if same else "wrong"


def _sources(data_dir: Path | None, sample: bool) -> tuple[Path, dict[str, DataSet]]:
    if sample:
        directory = sample_directory()
        return directory, {"sample": sample_set(directory)}
    return data_directory(data_dir), data_sets()


def _header(command: str, directory: Path, **config: Any) -> Header:
    environment = {"python": platform.python_version(), "platform": platform.platform()}
    where = {"command": command, "data_dir": absolute(directory)}
    return Header("data", where | config, environment, records="result.files")


def listing(*, data_dir: Path | None, files: bool = False) -> Iterator[Event]:
    """A table with a row per data set, the sample's too; with ``files`` a row per file before it.

    The JSON document holds the files' rows. Raises DataError.
    """
    directory, sets = _sources(data_dir, sample=False)
    yield _header("list", directory)
    sample, shipped = _sources(None, sample=True)
    states, cells = {}, []
    for name, data_set in (sets | shipped).items():
        rows = inspect(name, data_set, sample if name in shipped else directory)
        states[name] = _state_of_set(rows)
        if files:
            yield from rows
        cells.append(_cells(name, data_set, rows))
    yield Table("Data sets", ("data set", "state", "files", "size", "where"), cells)
    yield Result({"data_dir": absolute(directory), "sample_dir": str(sample), "sets": states})


def _cells(name: str, data_set: DataSet, rows: Sequence[FileRow]) -> tuple[str, ...]:
    """A data set's state, how many of its files are right, what they take, and where they are:
    a place in the data directory, or what fetches them.
    """
    state = _state_of_set(rows)
    there = [row for row in rows if row.state != "missing"]
    wrong = {_published(row.path) for row in rows if row.state != "right"}
    right = f"{len(data_set.files) - len(wrong)}/{len(data_set.files)}"
    size = f"{written('size', round(sum(row.size for row in there) / 1000))} kB" if there else ""
    places = dict.fromkeys(os.path.dirname(row.path) or "." for row in there)
    where = ", ".join(places)
    if name == "sample":
        where = translate("shipped with ptnotes")
    elif state in ("wrong", "incomplete", "missing"):
        where = f"ptnotes data download {name}"
    return (name, _marked(state), right, f"{size:>9}", Marked((where, "dim")))


def _published(path: str) -> str:
    """The path without what packs it: a file may be there packed and unpacked."""
    return path.removesuffix(".gz")


def _state_of_set(rows: Sequence[FileRow]) -> str:
    """The worst state of its files; "incomplete" if only some are there."""
    states = {row.state for row in rows}
    if "wrong" in states:
        return "wrong"
    if "missing" in states:
        return "missing" if len(states) == 1 else "incomplete"
    return "unknown" if "unknown" in states else "right"


def download(names: Sequence[str], *, data_dir: Path | None) -> Iterator[Event]:
    """Fetch what is missing or wrong of these data sets; a row per file.

    A file that can't be fetched does not stop the others. Raises DataError at the end then, and
    UsageError for the sample's directory.
    """
    directory, sets = target_directory(data_dir), data_sets()
    yield _header("download", directory, sets=list(names))
    fetched, failures = 0, {}
    for name, file in ((each, file) for each in names for file in sets[each].files):
        rows = _inspect_file(name, file, directory)
        if any(row.state in ("wrong", "missing") for row in rows):
            try:
                fetch(sets[name], file, directory)
                fetched += 1
                _remove_wrong_unpacked(name, file, directory)
            except DataError as error:
                failures[file.path] = error
        yield from _inspect_file(name, file, directory)
    if failures:
        first, others = next(iter(failures.values())), ", ".join([*failures][1:])
        raise DataError(f"{first}; nor could {others}" if others else str(first))
    yield Result({"downloaded": fetched})


def _remove_wrong_unpacked(name: str, file: File, directory: Path) -> None:
    """Readers would take it before the right one. Raises DataError."""
    for row in _inspect_file(name, file, directory):
        if row.state == "wrong" and row.path != file.path:
            try:
                (directory / row.path).unlink()
            except OSError as error:
                raise DataError(f"{row.path} is wrong and can't be removed: {error}") from error


def verify(*, data_dir: Path | None, sample: bool) -> Iterator[Event]:
    """Compare every file of every set that is here, complete or not, with the manifest.

    Raises DataError if there is none.
    """
    directory, sets = _sources(data_dir, sample)
    yield _header("verify", directory)
    checked = 0
    failed = []
    for name, data_set in sets.items():
        rows = inspect(name, data_set, directory)
        if _state_of_set(rows) == "missing":
            continue
        checked += sum(row.state != "missing" for row in rows)
        failed += [row.path for row in rows if row.state in ("wrong", "missing")]
        yield from rows
    if not checked:
        raise DataError(f"no data set is in {absolute(directory)}; ptnotes data download fetches")
    yield Result({"checked": checked, "failed": failed})

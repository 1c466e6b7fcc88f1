"""Images named by a list of paths: a text file, standard input, a single path."""

import codecs
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from ptnotes.errors import DataError
from ptnotes.stats.items import Item
from ptnotes.stats.sources.files import ImageSource, Wanted, name_filter

MAX_LINE = 1 << 16  # bytes of a path and its line break
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def path_list(path: Path, pattern: str | None) -> ImageSource:
    """A text file with a path on every line, relative to the working directory."""

    def names() -> Iterator[str]:
        try:
            with open(path, "rb") as file:
                yield from _lines(file, str(path), pattern, "utf-8")
        except OSError as error:
            raise DataError(f"{path} can't be read: {error.strerror}") from error

    where = f"{path} ({_none_listed(pattern)})"
    return ImageSource(where, names, lambda wanted: _items(names(), wanted))


def standard_input(pattern: str | None) -> ImageSource:
    """Paths on standard input, read as they come; kept only where they must be listed first."""
    kept: list[str] = []
    lines = _lines(sys.stdin.buffer, "standard input", pattern, sys.stdin.encoding)

    def names() -> Iterator[str]:
        kept.extend(lines)
        return iter(kept)

    def items(wanted: Wanted) -> Iterator[Item]:
        return _items(kept or lines, wanted)

    return ImageSource(f"standard input ({_none_listed(pattern)})", names, items, quick=False)


def single_image(path: Path) -> ImageSource:
    names = [str(path)]
    return ImageSource(names[0], lambda: iter(names), lambda wanted: _items(names, wanted))


def _lines(file: IO[bytes], where: str, pattern: str | None, encoding: str) -> Iterator[str]:
    """The paths that a list holds. Raises DataError for what is no text."""
    matches = name_filter(pattern) if pattern else bool  # without --glob, any non-empty line
    first = True
    while line := file.readline(MAX_LINE):
        if len(line) == MAX_LINE or (first and line.startswith(UTF_16)):
            raise DataError(f"{where} is not a list of paths, a line each, in UTF-8")
        name = _path(line.removeprefix(codecs.BOM_UTF8) if first else line, encoding)
        first = False
        if matches(name):
            yield name


def _path(line: bytes, encoding: str) -> str:
    """A path is bytes to a POSIX system; Windows writes its characters in some encoding."""
    line = line.rstrip(b"\r\n")
    return line.decode(encoding, "surrogateescape") if os.name == "nt" else os.fsdecode(line)


def _none_listed(pattern: str | None) -> str:
    return f"none matches {pattern}" if pattern else "it lists no path"


def _items(names: Iterable[str], wanted: Wanted) -> Iterator[Item]:
    return (Item(name, name) for index, name in enumerate(names) if wanted(index, name))

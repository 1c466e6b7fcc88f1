"""Inputs that are text: surnames, a line each, and rows of features as CSV. No torch here."""

import csv
import gzip
import io
import itertools
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO

from ptnotes.errors import DataError, UsageError

Stdin = Callable[[], BinaryIO]

STANDARD_INPUT = "-"
LONGEST = 1000  # characters of a name
FEATURES = 8
LARGEST_TABLE = 100_000_000  # bytes, unpacked: two million rows
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def surnames(inputs: Sequence[str], stdin: Stdin) -> Iterator[str]:
    """The names given, where "-" stands for the lines of ``stdin``; all of it if none is given.

    Space around them and empty lines are left out. Raises DataError for what isn't UTF-8 or longer
    than LONGEST, UsageError for an empty name.
    """
    for given in inputs or [STANDARD_INPUT]:
        if given == STANDARD_INPUT:
            yield from _lines(stdin())
        else:  # the bytes of a command line need not be UTF-8
            name = given.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
            if not name:
                raise UsageError("an empty name has no country; leave it out")
            yield _checked(name)


def _lines(stdin: BinaryIO) -> Iterator[str]:
    longest = 4 * LONGEST + 100  # bytes in UTF-8, with some space; not the whole of an endless line
    for number in itertools.count(1):
        line = stdin.readline(longest)
        if not line:
            return
        if len(line) == longest:
            raise DataError(f"line {number} of standard input is longer than any name")
        try:
            name = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise DataError(f"line {number} of standard input is not UTF-8: {error}") from error
        if name:
            yield _checked(name)


def _checked(name: str) -> str:
    if len(name) > LONGEST:
        raise DataError(f"'{name[:20]}…' has {len(name)} characters: a name has {LONGEST} at most")
    return name


def chunks(found: Iterable[str], size: int) -> Iterator[list[str]]:
    """``size`` at a time, the last ones fewer."""
    rest = iter(found)
    while chunk := list(itertools.islice(rest, size)):
        yield chunk


def features(path: str, stdin: Stdin) -> tuple[list[str], list[list[float]]]:
    """Where each row stands ("file.csv:3"), and its eight features.

    A ninth column, the label, isn't read; nor is a first line of headings. Gzipped if the name
    ends in .gz. Raises DataError.
    """
    places: list[str] = []
    rows = []
    try:
        reader = csv.reader(io.StringIO(_text(path, stdin), newline=""))
        filled = ((reader.line_num, fields) for fields in reader if any(map(str.strip, fields)))
        for index, (line, fields) in enumerate(filled):
            if index == 0 and _is_heading(fields):
                continue
            places.append(f"{path}:{line}")
            rows.append(_numbers(places[-1], fields))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise DataError(f"{path} can't be read as CSV: {what}") from error
    if not rows:
        raise DataError(f"{path} holds no row of features")
    return places, rows


def _text(path: str, stdin: Stdin) -> str:
    if path == STANDARD_INPUT:
        content = stdin().read(LARGEST_TABLE + 1)
    else:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            content = file.read(LARGEST_TABLE + 1)
    if len(content) > LARGEST_TABLE:
        raise DataError(f"{path} is longer than {LARGEST_TABLE // 1_000_000} MB; split it")
    return content.decode("utf-8-sig")


def _is_heading(fields: Sequence[str]) -> bool:
    return len(fields) in (FEATURES, FEATURES + 1) and not any(map(NUMBER.fullmatch, fields))


def _numbers(place: str, fields: Sequence[str]) -> list[float]:
    if len(fields) not in (FEATURES, FEATURES + 1):
        raise DataError(f"{place}: {len(fields)} columns where {FEATURES} features belong")
    for text in fields[:FEATURES]:
        if not NUMBER.fullmatch(text):
            raise DataError(f"{place}: '{text}' is not a number")
        try:
            struct.pack("<f", float(text))  # the network's numbers
        except OverflowError as error:
            raise DataError(f"{place}: {text} is too large") from error
    return [float(text) for text in fields[:FEATURES]]

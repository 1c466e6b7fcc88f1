"""Inputs that are text: surnames, a line each, and rows of features as CSV. No torch here."""

import csv
import gzip
import io
import itertools
import math
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from ptnotes.errors import DataError

STANDARD_INPUT = "-"
LONGEST = 1000  # characters of a name
FEATURES = 8


def surnames(inputs: Sequence[str], stdin: BinaryIO) -> Iterator[str]:
    """The names given, where "-" stands for the lines of ``stdin``; all of it if none is given.

    Empty lines are left out. Raises DataError for what isn't UTF-8 or longer than LONGEST.
    """
    for given in inputs or [STANDARD_INPUT]:
        if given == STANDARD_INPUT:
            yield from _lines(stdin)
        else:  # the bytes of a command line need not be UTF-8
            yield _checked(given.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))


def _lines(stdin: BinaryIO) -> Iterator[str]:
    for number, line in enumerate(stdin, start=1):
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


def features(path: str, stdin: BinaryIO) -> tuple[list[str], list[list[float]]]:
    """Where each row stands ("file.csv:3"), and its eight features.

    A ninth column, the label, isn't read; nor is a first line of headings. Gzipped if the name
    ends in .gz. Raises DataError.
    """
    places, rows = [], []
    try:
        content = stdin.read() if path == STANDARD_INPUT else Path(path).read_bytes()
        text = (gzip.decompress(content) if path.endswith(".gz") else content).decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        for fields in reader:
            place = f"{path}:{reader.line_num}"
            if not fields or (reader.line_num == 1 and not any(map(_is_number, fields))):
                continue
            places.append(place)
            rows.append(_numbers(place, fields))
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise DataError(f"{path} can't be read as CSV: {error}") from error
    if not rows:
        raise DataError(f"{path} holds no row of features")
    return places, rows


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _numbers(place: str, fields: list[str]) -> list[float]:
    if len(fields) not in (FEATURES, FEATURES + 1):
        raise DataError(f"{place}: {len(fields)} columns where {FEATURES} features belong")
    try:
        numbers = [float(text) for text in fields[:FEATURES]]
    except ValueError as error:
        raise DataError(f"{place}: {error}") from error
    if not all(map(math.isfinite, numbers)):
        raise DataError(f"{place}: a number is not finite")
    return numbers

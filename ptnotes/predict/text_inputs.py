"""Inputs that are text: surnames, one per line, and rows of features as CSV. No torch here."""

import csv
import gzip
import io
import os
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import BinaryIO

from ptnotes.errors import DataError, UsageError

Stdin = Callable[[], BinaryIO]

STANDARD_INPUT = "-"
MAX_NAME_LENGTH = 1000  # characters
FEATURES = 8
MAX_TABLE_BYTES = 100_000_000  # decompressed: two million rows
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


def surnames(inputs: Sequence[str], stdin: Stdin) -> Iterator[str]:
    """The names given, where "-" stands for the lines of ``stdin``.

    Surrounding space and empty lines are removed. Raises DataError for what is not UTF-8 or has
    more than MAX_NAME_LENGTH characters, UsageError for an empty name.
    """
    for given in inputs:
        if given == STANDARD_INPUT:
            yield from _lines(stdin())
        else:  # the bytes of a command line need not be UTF-8
            name = given.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
            if not name:
                raise UsageError("an empty name has no country; leave it out")
            yield _checked(name)


def _lines(stdin: BinaryIO) -> Iterator[str]:
    limit = 4 * MAX_NAME_LENGTH + 100  # bytes in UTF-8, with some space: a line may be endless
    for number in count(1):
        line = stdin.readline(limit)
        if not line:
            return
        if len(line) == limit:
            raise DataError(f"line {number} of standard input is longer than any name")
        try:
            name = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            raise DataError(f"line {number} of standard input is not UTF-8: {error}") from error
        if name:
            yield _checked(name)


def _checked(name: str) -> str:
    if len(name) > MAX_NAME_LENGTH:
        has = f"'{name[:20]}…' has {len(name)} characters"
        raise DataError(f"{has}: a name has {MAX_NAME_LENGTH} at most")
    return name


def features(path: str, stdin: Stdin) -> tuple[list[str], list[list[float]]]:
    """The place of each row ("file.csv:3"), and its eight features.

    A ninth column, the label, is not read, nor is a first line of headings. Gzipped if the name
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
        content = stdin().read(MAX_TABLE_BYTES + 1)
    else:
        with gzip.open(path) if path.endswith(".gz") else open(path, "rb") as file:
            content = file.read(MAX_TABLE_BYTES + 1)
    if len(content) > MAX_TABLE_BYTES:
        raise DataError(f"{path} is longer than {MAX_TABLE_BYTES // 1_000_000} MB; split it")
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
            struct.pack("<f", float(text))  # the network computes in float32
        except OverflowError as error:
            raise DataError(f"{place}: {text} is too large") from error
    return [float(text) for text in fields[:FEATURES]]

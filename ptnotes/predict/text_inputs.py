"""Inputs that are text: surnames, one per line, and rows of features as CSV. No torch here."""

import contextlib
import csv
import gzip
import io
import math
import os
import re
import zlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from ptnotes.errors import DataError, PtnotesError, UsageError

Stdin = Callable[[], BinaryIO]

STANDARD_INPUT = "-"
MAX_NAME_LENGTH = 1000  # characters
MAX_LINE_BYTES = 4 * MAX_NAME_LENGTH + 100  # in UTF-8, with some space
FEATURES = 8
MAX_BYTES = 100_000_000  # of a table, decompressed, or of standard input
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)


@dataclass(frozen=True)
class Rejected:
    """An input that has no prediction, and why."""

    input: str
    error: PtnotesError


def surnames(inputs: Sequence[str], stdin: Stdin) -> Iterator[str | Rejected]:
    """The names given, where "-" stands for the lines of ``stdin``.

    Surrounding space and empty lines are removed. What is empty, not UTF-8, or has more than
    MAX_NAME_LENGTH characters is Rejected; so is what follows in ``stdin`` where it can't be read
    on, or is longer than MAX_BYTES.
    """
    for given in inputs:
        if given == STANDARD_INPUT:
            yield from _lines(stdin())
            continue
        name = _decoded(given).strip()
        empty = UsageError("an empty name has no country; leave it out")
        yield _checked(name) if name else Rejected(given, empty)


def _decoded(text: str) -> str:
    """Text of a command line, whose bytes need not be UTF-8, nor the locale's encoding either."""
    with contextlib.suppress(UnicodeEncodeError):  # of surrogates that Python can be given
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return text


def _lines(stdin: BinaryIO) -> Iterator[str | Rejected]:
    try:
        for number, line in _cut_lines(stdin):
            found = _name(line, number)
            if found:
                yield found
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        yield Rejected(STANDARD_INPUT, DataError(f"standard input can't be read: {reason}"))
    except DataError as error:
        yield Rejected(STANDARD_INPUT, error)


def _cut_lines(stdin: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers, of MAX_LINE_BYTES at most: one may be endless.

    Raises OSError, DataError for more than MAX_BYTES.
    """
    read, number, begins = 0, 0, True
    while line := stdin.readline(MAX_LINE_BYTES):
        read += len(line)
        if read > MAX_BYTES:
            raise DataError(f"standard input is longer than {MAX_BYTES // 1_000_000} MB; split it")
        if begins:
            number += 1
            yield number, line
        begins = line.endswith(b"\n")


def _name(line: bytes, number: int) -> str | Rejected:
    """The name on a line, which may be empty."""
    where = f"line {number} of standard input"
    text = line.decode("utf-8-sig" if number == 1 else "utf-8", "replace").strip()
    if len(line) == MAX_LINE_BYTES:
        return Rejected(f"{text[:20]}…", DataError(f"{where} is longer than any name"))
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return Rejected(text, DataError(f"{where} is not UTF-8: {error.reason}"))
    if "\0" in text:  # every second byte of UTF-16, which would pass for UTF-8
        return Rejected(text, DataError(f"{where} has a zero byte: it is no text in UTF-8"))
    return _checked(text)


def _checked(name: str) -> str | Rejected:
    if len(name) > MAX_NAME_LENGTH:
        has = f"'{name[:20]}…' has {len(name)} characters"
        return Rejected(name, DataError(f"{has}: a name has {MAX_NAME_LENGTH} at most"))
    return name


def features(path: str, stdin: Stdin) -> "tuple[array[int], array[float]]":
    """The line of each row, and all rows' eight features, row after row, as float32.

    A ninth column, the label, is not read, nor is a first line of headings. Gzipped if the name
    ends in .gz. Raises DataError.
    """
    content = _content(path, stdin)
    lines, values = array("q"), array("f")
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    try:
        for fields in reader:
            if any(map(str.strip, fields)) and (lines or not _is_heading(fields)):
                values.extend(_numbers(f"{path}, line {reader.line_num}", fields))
                lines.append(reader.line_num)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}, line {_line_of_bad_byte(content)}: not UTF-8") from error
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error
    if not lines:
        raise DataError(f"{path} holds no row of features")
    return lines, values


def _content(path: str, stdin: Stdin) -> bytes:
    try:
        if path == STANDARD_INPUT:
            content = stdin().read(MAX_BYTES + 1)
        else:
            with open(path, "rb", opener=_open_at_once) as file:
                packed = path.endswith(".gz")
                content = (gzip.open(file) if packed else file).read(MAX_BYTES + 1)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        raise DataError(f"{path} can't be read as CSV: {what}") from error
    if len(content) > MAX_BYTES:
        raise DataError(f"{path} is longer than {MAX_BYTES // 1_000_000} MB; split it")
    return content


def _open_at_once(path: str, flags: int) -> int:
    """Without a wait: a pipe that has no writer is empty."""
    if not hasattr(os, "O_NONBLOCK"):
        return os.open(path, flags)
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def _line_of_bad_byte(content: bytes) -> int:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return 1


def _is_heading(fields: Sequence[str]) -> bool:
    return len(fields) in (FEATURES, FEATURES + 1) and not any(map(NUMBER.fullmatch, fields))


def _numbers(place: str, fields: Sequence[str]) -> "array[float]":
    if len(fields) not in (FEATURES, FEATURES + 1):
        raise DataError(f"{place}: {len(fields)} columns where {FEATURES} features belong")
    for text in fields[:FEATURES]:
        if not NUMBER.fullmatch(text):
            raise DataError(f"{place}: '{text}' is not a number")
    numbers = array("f", map(float, fields[:FEATURES]))  # the network computes in float32
    if not all(map(math.isfinite, numbers)):
        raise DataError(f"{place}: a number is too large")
    return numbers

"""Gzipped CSV files, row by row, with errors that name the line.

The standard library's csv is enough here, and pandas takes over a second to import.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from ptnotes.errors import DataError


def read_rows(path: Path, columns: int) -> Iterator[tuple[int, list[str]]]:
    """(line number, fields) of every row. Raises DataError: unreadable, empty, a short row."""
    empty = True
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.reader(file)
            for fields in reader:
                if len(fields) != columns:
                    raise DataError(
                        f"{path}, line {reader.line_num}: "
                        f"{len(fields)} columns where {columns} belong"
                    )
                empty = False
                yield reader.line_num, fields
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise DataError(f"{path} can't be read as gzipped CSV: {error}") from error
    if empty:
        raise DataError(f"{path} is empty; delete it to download it again")

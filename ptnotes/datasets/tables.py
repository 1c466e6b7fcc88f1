"""Gzipped CSV files as pandas reads them, with errors that name the file and the line."""

import gzip
import io
import warnings
import zlib
from pathlib import Path

import pandas as pd

from ptnotes.errors import DataError

REST = "rest"  # a column for what follows the last one
MAX_BYTES = 4_000_000  # unpacked: ten times the largest of the published files


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """The rows of a file without headings, as text.

    Raises DataError for a file that can't be read, is empty or larger than MAX_BYTES unpacked, or
    has a row of other columns.
    """
    try:
        with gzip.open(path) as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DataError(f"{path} unpacks to more than {MAX_BYTES // 1_000_000} MB")
        content.decode()  # pandas does not say where it can't
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of rows that are too long
            table = pd.read_csv(
                io.BytesIO(content),
                header=None,
                names=[*columns, REST],
                index_col=False,
                dtype=str,
                keep_default_na=False,  # "NA" and "Null" are surnames
                skip_blank_lines=False,
                encoding="utf-8",
            )
    except UnicodeDecodeError as error:
        where = content.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path} can't be read, line {where}: it is not UTF-8") from error
    except (OSError, EOFError, ValueError, zlib.error) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path} can't be read as gzipped CSV: {reason}") from error
    if table.empty:
        raise DataError(f"{path} is empty; delete it to download it again")
    # pandas fills a short row with empty fields; no column of ours may end empty
    bad = (table[columns[-1]] == "") | (table[REST] != "")
    if bad.any():
        where = line_of(table, int(bad.argmax()))
        raise DataError(f"{path}, line {where}: not the {len(columns)} columns that belong there")
    return table[columns]


def line_of(table: pd.DataFrame, row: int) -> int:
    """The line of the file on which a row begins: a quoted field may hold line breaks."""
    before = table.iloc[:row]
    return row + 1 + sum(int(before[name].str.count("\n").sum()) for name in table)

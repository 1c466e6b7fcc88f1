"""Gzipped CSV files as pandas reads them, with errors that name the file and the line."""

import warnings
import zlib
from pathlib import Path

import pandas as pd

from ptnotes.errors import DataError

REST = "rest"  # a column for what follows the last one


def read_table(path: Path, columns: list[str]) -> pd.DataFrame:
    """The rows of a file without headings, as text.

    Raises DataError for a file that can't be read, is empty, or has a row of other columns.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", pd.errors.ParserWarning)  # of rows that are too long
            table = pd.read_csv(
                path,
                header=None,
                names=[*columns, REST],
                index_col=False,
                dtype=str,
                keep_default_na=False,  # "NA" and "Null" are surnames
                skip_blank_lines=False,
                compression="gzip",
                encoding="utf-8",
            )
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

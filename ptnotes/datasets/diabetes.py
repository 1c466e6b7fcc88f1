"""The diabetes table: 759 rows of eight features scaled to [-1, 1], and a label (notes, line 249).

The label 1 is the larger class and the one with the lower glucose: it reads as healthy.
"""

import math
from pathlib import Path

import torch
from torch import Tensor

from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.datasets.tables import read_rows
from ptnotes.errors import DataError

FILE = "diabetes.csv.gz"
FEATURES = 8


def read(given: Path | None) -> tuple[Tensor, Tensor]:
    """Features (N, 8) and labels (N, 1), both float32. Raises DataError."""
    path = data_file(data_directory(given), "diabetes", FILE)
    rows = [_numbers(path, *row) for row in read_rows(path, FEATURES + 1)]
    table = torch.tensor(rows, dtype=torch.float32)  # (N, 9)
    return table[:, :-1], table[:, -1:]


def _numbers(path: Path, line: int, fields: list[str]) -> list[float]:
    try:
        numbers = [float(text) for text in fields]
    except ValueError as error:
        raise DataError(f"{path}, line {line}: {error}") from error
    if not all(map(math.isfinite, numbers)):
        raise DataError(f"{path}, line {line}: a number is not finite")
    if numbers[-1] not in (0, 1):
        raise DataError(f"{path}, line {line}: the label is {fields[-1]}, neither 0 nor 1")
    return numbers

"""The diabetes table: 759 rows of eight features scaled to [-1, 1], and a label (notes, line 249).

The label 1 is the larger class and the one with the lower glucose: it reads as healthy.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.datasets.tables import line_of, read_table
from ptnotes.errors import DataError

FILE = "diabetes.csv.gz"
FEATURES = 8
COLUMNS = [*(f"feature {number}" for number in range(1, FEATURES + 1)), "label"]


def read(given: Path | None) -> tuple[Tensor, Tensor]:
    """Features (N, 8) and labels (N, 1), both float32. Raises DataError."""
    path = data_file(data_directory(given), "diabetes", FILE)
    text = read_table(path, COLUMNS)
    with np.errstate(over="ignore"):  # to infinity, which is found below
        numbers = text.apply(pd.to_numeric, errors="coerce").to_numpy(np.float64).astype(np.float32)
    for row, column in np.argwhere(~np.isfinite(numbers))[:1]:
        where, what = line_of(text, row), str(text.iat[row, column])
        raise DataError(f"{path}, line {where}: '{what}' is not a finite number")
    for row in np.flatnonzero(~np.isin(numbers[:, -1], (0, 1)))[:1]:
        where, what = line_of(text, row), str(text.iat[row, FEATURES])
        raise DataError(f"{path}, line {where}: the label is {what}, neither 0 nor 1")
    table = torch.from_numpy(numbers)  # (N, 9)
    return table[:, :-1], table[:, -1:]

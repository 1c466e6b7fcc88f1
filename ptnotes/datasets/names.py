"""Surnames and their countries: 13,374 + 6,700 in 18 countries (notes, line 1120)."""

import unicodedata
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.datasets.tables import line_of, read_table
from ptnotes.errors import DataError

# The notes' 128 characters are ASCII's. Two control codes that no name holds get a meaning.
CHARACTERS = 128
PADDING = 0
UNKNOWN = 1
MAX_LENGTH = 1000  # codes of a name
MAX_CODES = 50_000_000  # of a set, padding included: 400 MB


class Names(NamedTuple):
    """Codes (N, S) padded with 0, lengths (N), labels (N); all int64. S is the longest name."""

    codes: Tensor
    lengths: Tensor
    labels: Tensor

    def at(self, indices: Tensor) -> "Names":
        """Those at the indices (N)."""
        return Names(*(each[indices] for each in self))


def encode(name: str) -> list[int]:
    """A code below 128 for every character; at least one, whatever the name.

    Letters lose their accents (NFKD); what is still not printable ASCII becomes UNKNOWN.
    """
    folded = unicodedata.normalize("NFKD", name)
    bare = [character for character in folded if not unicodedata.combining(character)]
    codes = [ord(character) if " " <= character <= "~" else UNKNOWN for character in bare]
    return codes or [UNKNOWN]


def decode(codes: Tensor) -> str:
    """The characters of codes (S); UNKNOWN is a question mark."""
    return "".join("?" if code == UNKNOWN else chr(code) for code in codes.tolist())


def pad(sequences: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Codes (N, S) and lengths (N) of sequences that each hold at least one code."""
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    rows = [torch.tensor(sequence) for sequence in sequences]
    return pad_sequence(rows, batch_first=True, padding_value=PADDING), lengths


def read(given: Path | None) -> tuple[Names, Names, list[str]]:
    """The training set, the test set, and the countries in the order of their labels.

    The training set defines the countries. Raises DataError.
    """
    directory = data_directory(given)
    train_path = data_file(directory, "names", "names_train.csv.gz")
    test_path = data_file(directory, "names", "names_test.csv.gz")
    train, test = (read_table(path, ["name", "country"]) for path in (train_path, test_path))
    countries = sorted(train["country"].unique())
    unknown = ~test["country"].isin(countries)
    if unknown.any():
        row = int(unknown.argmax())
        where, country = line_of(test, row), test["country"].iat[row]
        raise DataError(f"{test_path}, line {where}: no name of '{country}' is in the training set")
    return _names(train_path, train, countries), _names(test_path, test, countries), countries


def _names(path: Path, table: pd.DataFrame, countries: list[str]) -> Names:
    sequences = [encode(name) for name in table["name"]]
    longest = max(map(len, sequences))
    if longest > MAX_LENGTH or longest * len(table) > MAX_CODES:
        raise DataError(f"{path}: the longest of {len(table)} names has {longest} characters")
    codes, lengths = pad(sequences)
    labels = pd.Categorical(table["country"], categories=countries).codes
    return Names(codes, lengths, torch.tensor(labels, dtype=torch.int64))

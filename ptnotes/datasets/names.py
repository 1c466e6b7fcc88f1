"""Surnames and their countries: 13,374 + 6,700 in 18 countries (notes, line 1120)."""

import unicodedata
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from ptnotes.datasets.paths import data_directory, data_file
from ptnotes.datasets.tables import read_rows
from ptnotes.errors import DataError

# The notes' 128 characters are ASCII's. Two control codes that no name holds get a meaning.
CHARACTERS = 128
PADDING = 0
UNKNOWN = 1


class Names(NamedTuple):
    """Codes (N, S) padded with 0, lengths (N), labels (N); all int64. S is the longest name."""

    codes: Tensor
    lengths: Tensor
    labels: Tensor


def encode(name: str) -> list[int]:
    """A code below 128 for every character; at least one, whatever the name.

    Letters lose their accents (NFKD); what is still not printable ASCII becomes UNKNOWN.
    """
    folded = unicodedata.normalize("NFKD", name)
    bare = [character for character in folded if not unicodedata.combining(character)]
    codes = [ord(character) if " " <= character <= "~" else UNKNOWN for character in bare]
    return codes or [UNKNOWN]


def pad(sequences: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Codes (N, S) and lengths (N) of sequences that each hold at least one code."""
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    codes = torch.full((len(sequences), int(lengths.max())), PADDING)
    for row, sequence in zip(codes, sequences, strict=True):
        row[: len(sequence)] = torch.tensor(sequence)
    return codes, lengths


def read(given: Path | None) -> tuple[Names, Names, list[str]]:
    """The training set, the test set, and the countries in the order of their labels.

    The training set defines the countries. Raises DataError.
    """
    directory = data_directory(given)
    train_path = data_file(directory, "names", "names_train.csv.gz")
    test_path = data_file(directory, "names", "names_test.csv.gz")
    train_rows = list(read_rows(train_path, 2))
    countries = sorted({country for _, (_, country) in train_rows})
    train = _names(train_path, train_rows, countries)
    return train, _names(test_path, list(read_rows(test_path, 2)), countries), countries


def _names(path: Path, rows: list[tuple[int, list[str]]], countries: list[str]) -> Names:
    label_of = {country: label for label, country in enumerate(countries)}
    for line, (_, country) in rows:
        if country not in label_of:
            raise DataError(f"{path}, line {line}: no name of '{country}' is in the training set")
    codes, lengths = pad([encode(name) for _, (name, _) in rows])
    labels = torch.tensor([label_of[country] for _, (_, country) in rows])
    return Names(codes, lengths, labels)

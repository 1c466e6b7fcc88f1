"""Surname → country: a bidirectional GRU on packed sequences (notes, lines 1093-1123)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from ptnotes.batches import PaddedSequences, batched
from ptnotes.datasets import names
from ptnotes.device import environment, prepare
from ptnotes.engine import count_parameters, fit
from ptnotes.rows import EpochRow, Event, Header, Result


@dataclass(frozen=True)
class Recipe:
    epochs: int
    batch_size: int
    lr: float


RECIPES = {"notes": Recipe(epochs=100, batch_size=256, lr=0.001)}
HIDDEN_SIZE = 100
LAYERS = 2


# 2 model
class RNNClassifier(nn.Module):
    """Embedding, a two-layer bidirectional GRU, a linear head (notes, line 1120)."""

    def __init__(self, countries: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(names.CHARACTERS, HIDDEN_SIZE)
        self.gru = nn.GRU(HIDDEN_SIZE, HIDDEN_SIZE, LAYERS, bidirectional=True)
        self.fc = nn.Linear(2 * HIDDEN_SIZE, countries)

    def forward(self, codes: Tensor, lengths: Tensor) -> Tensor:
        """Codes (N, S), lengths (N) on the CPU in descending order → logits (N, countries)."""
        embedded = self.embedding(codes.t())  # (S, N, 100)
        packed = pack_padded_sequence(embedded, lengths)
        _, hidden = self.gru(packed)  # (2 layers · 2 directions, N, 100)
        both = torch.cat([hidden[-1], hidden[-2]], dim=1)  # (N, 200)
        return self.fc(both)  # type: ignore[no-any-return]


def run(
    *,
    recipe: str,
    epochs: int,
    batch_size: int,
    lr: float,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    data: str = "names",
) -> Iterator[Event]:
    """Yields a row per epoch. Raises DataError, DeviceError, DivergedError."""
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)

    # 1 data
    train_names, test_names, countries = names.read(data_dir)
    train, test = (
        PaddedSequences(part.codes, part.lengths, part.labels, device=on)
        for part in (train_names, test_names)
    )

    model = RNNClassifier(len(countries)).to(on)

    # 3 loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=lr, fused=True)

    config = {
        "recipe": recipe,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "seed": seed,
        "device": str(on),
        "data": data,
    }
    yield Header("names", config, environment(on), rows=epochs)

    # 4 training cycle
    rows: list[EpochRow] = []
    train_batches = batched(train, batch_size, shuffle=True, seed=seed)
    test_batches = batched(test, batch_size)
    for event in fit(
        model, criterion, optimizer, train_batches, test_batches, epochs=epochs, device=on
    ):
        if isinstance(event, EpochRow):
            rows.append(event)
        yield event

    best = max(rows, key=lambda row: row.test_accuracy or 0.0)
    yield Result(
        {
            "test_accuracy": rows[-1].test_accuracy,
            "best_test_accuracy": best.test_accuracy,
            "best_epoch": best.epoch,
            "parameters": count_parameters(model),
            "train_seconds": sum(row.train_seconds for row in rows),
            "wall_seconds": time.perf_counter() - started,
        }
    )

"""Surname → country: a bidirectional GRU on packed sequences (notes, lines 1093-1123)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from ptnotes.engine.loading import MaskedSequences, PaddedSequences, batched
from ptnotes.datasets import names
from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import count_parameters, fit, most_likely
from ptnotes.engine.metrics import outputs, report
from ptnotes.models.packed_gru import final_states
from ptnotes.events import Event, Header, Result
from ptnotes.engine.state import State, Training


@dataclass(frozen=True)
class Recipe:
    """AdamW, which without ``weight_decay`` is Adam; ``one_cycle`` takes the rate up to ``lr``
    and down to almost nothing.

    ``buckets`` makes batches of names that are about equally long; ``masked`` is the share of
    characters that become unknown while training.
    """

    epochs: int
    batch_size: int
    lr: float
    one_cycle: bool = False
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    buckets: bool = False
    masked: float = 0.0


# tuned: chosen on a fifth of the training file (docs/benchmarks.md)
RECIPES = {
    "notes": Recipe(epochs=100, batch_size=256, lr=0.001),
    "tuned": Recipe(
        epochs=10,
        batch_size=256,
        lr=0.005,
        one_cycle=True,
        weight_decay=0.01,
        label_smoothing=0.1,
        buckets=True,
        masked=0.05,
    ),
}
HIDDEN_SIZE = 100
LAYERS = 2


# 1 data
def in_memory(
    surnames: names.Names, *, masked: float, seed: int, device: torch.device
) -> PaddedSequences:
    """Names to train on; with a share of their characters ``masked``, anew for every batch."""
    if not masked:
        return PaddedSequences(*surnames, device=device)
    return MaskedSequences(*surnames, share=masked, unknown=names.UNKNOWN, seed=seed, device=device)


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
        # the notes: self.gru(pack_padded_sequence(self.embedding(codes.t()), lengths))
        hidden = final_states(self.embedding, self.gru, codes, lengths)  # (2 directions, N, 100)
        both = torch.cat([hidden[-1], hidden[-2]], dim=1)  # (N, 200)
        return self.fc(both)  # type: ignore[no-any-return]


# 3 loss and optimizer
def adam(
    model: nn.Module, chosen: Recipe, *, steps: int
) -> tuple[torch.optim.Optimizer, LRScheduler | None]:
    """The recipe's optimizer, and its schedule over so many steps, if it has one."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=chosen.lr, weight_decay=chosen.weight_decay, fused=True
    )
    if not chosen.one_cycle:
        return optimizer, None
    return optimizer, OneCycleLR(optimizer, chosen.lr, steps, cycle_momentum=False)


def run(
    *,
    recipe: str,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    data: str = "names",
    resume: State | None = None,
    **hyper: Any,
) -> Iterator[Event]:
    """Yields a row per epoch; ``hyper`` are the fields of Recipe. Goes on from ``resume``.

    Raises DataError, DeviceError, DivergedError.
    """
    started = time.perf_counter()
    chosen = Recipe(**hyper)
    on = prepare(seed=seed, device=device, threads=threads)

    train_names, test_names, countries = names.read(data_dir)
    train_set = in_memory(train_names, masked=chosen.masked, seed=seed, device=on)
    test_set = PaddedSequences(*test_names, device=on)
    train = batched(train_set, chosen.batch_size, shuffle=True, buckets=chosen.buckets, seed=seed)
    test = batched(test_set, chosen.batch_size)

    model = RNNClassifier(len(countries)).to(on)
    criterion = nn.CrossEntropyLoss(label_smoothing=chosen.label_smoothing)
    optimizer, scheduler = adam(model, chosen, steps=chosen.epochs * len(train))
    training = Training(model, optimizer, scheduler, train, started=started)

    config = {"recipe": recipe, **hyper, "seed": seed, "device": str(on), "data": data}
    classes = tuple(countries)
    yield Header("names", config, environment(on), rows=chosen.epochs, classes=classes)
    yield from training.begin(resume)

    # 4 training cycle
    yield from fit(training, criterion, train, test, epochs=chosen.epochs, device=on)

    rows = training.rows
    best = max(rows, key=lambda row: row.test_accuracy)
    logits, labels = outputs(model, test)
    yield Result(
        {
            "test_accuracy": rows[-1].test_accuracy,
            "best_test_accuracy": best.test_accuracy,
            "best_epoch": best.epoch,
            "parameters": count_parameters(model),
            "train_seconds": sum(row.train_seconds for row in rows),
            "wall_seconds": training.wall_seconds(),
            **report(most_likely(logits), labels, classes),
        }
    )

"""Eight features through an 8-6-4-1 net: full batch, then mini-batches (notes, lines 221-360)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn

from ptnotes.batches import InMemory, batched
from ptnotes.datasets import diabetes
from ptnotes.device import environment, prepare
from ptnotes.engine import count_parameters, evaluate, train_epoch
from ptnotes.rows import EpochRow, Event, Header, Result


@dataclass(frozen=True)
class Recipe:
    """``batch_size`` "full" is line 267's, 32 is line 358's, the notes' complete program."""

    epochs: int
    batch_size: int | Literal["full"]
    lr: float


RECIPES = {"notes": Recipe(epochs=100, batch_size=32, lr=0.01)}


# 2 model
class Model(nn.Module):
    """Three linear layers, a sigmoid behind each, (N, 8) → (N, 1) (notes, line 252)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()

    def forward(self, x: Tensor) -> Tensor:
        x = self.sigmoid(self.linear1(x))  # (N, 6)
        x = self.sigmoid(self.linear2(x))  # (N, 4)
        x = self.sigmoid(self.linear3(x))  # (N, 1)
        return x


def at_least_half(probabilities: Tensor) -> Tensor:
    """(N, 1) → (N, 1): 1 where the probability of 1 is 0.5 or more."""
    return (probabilities >= 0.5).float()


def run(
    *,
    recipe: str,
    epochs: int,
    batch_size: int | Literal["full"],
    lr: float,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    data: str = "diabetes",
) -> Iterator[Event]:
    """Yields a row per epoch; its accuracy is that on the training data, the only data there is.

    Raises DataError, DeviceError, DivergedError.
    """
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)

    # 1 data
    x, y = diabetes.read(data_dir)  # (759, 8), (759, 1)
    dataset = InMemory(x, y, device=on)
    every = batched(dataset, len(dataset))
    train = every if batch_size == "full" else batched(dataset, batch_size, shuffle=True, seed=seed)

    model = Model().to(on)

    # 3 loss and optimizer: line 262 sums over the full batch, line 358 averages over mini-batches
    criterion = nn.BCELoss(reduction="sum" if batch_size == "full" else "mean")
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)

    config = {
        "recipe": recipe,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "loss_reduction": criterion.reduction,
        "seed": seed,
        "device": str(on),
        "data": data,
    }
    yield Header("diabetes", config, environment(on), rows=epochs)

    # 4 training cycle
    train_seconds = 0.0
    accuracy = loss = 0.0
    for epoch in range(1, epochs + 1):
        epoch_started = time.perf_counter()
        train_loss = yield from train_epoch(
            model, criterion, optimizer, train, device=on, epoch=epoch
        )
        seconds = time.perf_counter() - epoch_started
        train_seconds += seconds
        after = evaluate(model, criterion, every, device=on, predict=at_least_half, epoch=epoch)
        accuracy, loss = after.accuracy, after.loss
        yield EpochRow(epoch, train_loss, train_accuracy=accuracy, train_seconds=seconds)

    ones = y.double().mean().item()  # in float32 the share would not equal the accuracy's
    yield Result(
        {
            "train_accuracy": accuracy,
            "larger_class_share": max(ones, 1 - ones),
            "train_loss": loss,
            "parameters": count_parameters(model),
            "train_seconds": train_seconds,
            "wall_seconds": time.perf_counter() - started,
        }
    )

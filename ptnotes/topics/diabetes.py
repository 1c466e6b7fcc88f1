"""Eight features through an 8-6-4-1 net: full batch, then mini-batches (notes, lines 221-360)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from ptnotes.engine.loading import InMemory, batched
from ptnotes.datasets import diabetes
from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import count_parameters, evaluate, train_epoch
from ptnotes.errors import DataError
from ptnotes.engine.metrics import outputs, report
from ptnotes.events import EpochRow, Event, Header, Result
from ptnotes.engine.state import State, Training


@dataclass(frozen=True)
class Recipe:
    """``batch_size`` "full" is line 267's, 32 is line 358's, the notes' complete program: SGD.

    With ``hold_out`` that share of the rows is kept for testing; ``relu`` replaces the two hidden
    sigmoids; ``one_cycle`` trains with AdamW, the rate going up to ``lr`` and down.
    """

    epochs: int
    batch_size: int | Literal["full"]
    lr: float
    hold_out: float = 0.0
    relu: bool = False
    one_cycle: bool = False
    weight_decay: float = 0.0


RECIPES = {
    "notes": Recipe(epochs=100, batch_size=32, lr=0.01),
    "tuned": Recipe(
        epochs=50,
        batch_size=32,
        lr=0.01,
        hold_out=0.2,
        relu=True,
        one_cycle=True,
        weight_decay=1.0,
    ),
}


# 1 data
CLASSES = ("0", "1")


def split(x: Tensor, y: Tensor, hold_out: float, seed: int) -> tuple[list[Tensor], list[Tensor]]:
    """Training and test rows, drawn by the seed; with nothing held out, all rows are both.

    Raises DataError if that leaves nothing to train on or to test with.
    """
    if not hold_out:
        return [x, y], [x, y]
    tested = round(len(x) * hold_out)
    if not 0 < tested < len(x):
        raise DataError(f"{len(x)} rows are too few to hold {hold_out:.0%} of them out")
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    test, train = order.split([tested, len(x) - tested])
    return [x[train], y[train]], [x[test], y[test]]


# 2 model
class Model(nn.Module):
    """Three linear layers, a sigmoid behind each, (N, 8) → (N, 1) (notes, line 252)."""

    def __init__(self, relu: bool = False) -> None:
        super().__init__()
        self.linear1 = nn.Linear(8, 6)
        self.linear2 = nn.Linear(6, 4)
        self.linear3 = nn.Linear(4, 1)
        self.sigmoid = nn.Sigmoid()
        self.hidden = nn.ReLU() if relu else self.sigmoid

    def forward(self, x: Tensor) -> Tensor:
        x = self.hidden(self.linear1(x))  # (N, 6)
        x = self.hidden(self.linear2(x))  # (N, 4)
        x = self.sigmoid(self.linear3(x))  # (N, 1)
        return x


def at_least_half(probabilities: Tensor) -> Tensor:
    """(N, 1) → (N, 1): 1 where the probability of 1 is 0.5 or more."""
    return (probabilities >= 0.5).float()


# 3 loss and optimizer
def optimizing(
    model: nn.Module, chosen: Recipe, *, steps: int
) -> tuple[torch.optim.Optimizer, LRScheduler | None]:
    """The recipe's optimizer, and its schedule over so many steps, if it has one."""
    if not chosen.one_cycle:
        return torch.optim.SGD(model.parameters(), lr=chosen.lr), None
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=chosen.lr, weight_decay=chosen.weight_decay, fused=True
    )
    return optimizer, OneCycleLR(optimizer, chosen.lr, steps, cycle_momentum=False)


def run(
    *,
    recipe: str,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    data: str = "diabetes",
    resume: State | None = None,
    **hyper: Any,
) -> Iterator[Event]:
    """Yields a row per epoch; ``hyper`` are the fields of Recipe. Goes on from ``resume``.

    With nothing held out, the accuracy is that on the training data, the only data there is.
    Raises DataError, DeviceError, DivergedError.
    """
    started = time.perf_counter()
    chosen = Recipe(**hyper)
    on = prepare(seed=seed, device=device, threads=threads)
    x, y = diabetes.read(data_dir)  # (759, 8), (759, 1)
    train_rows, test_rows = split(x, y, chosen.hold_out, seed)
    train_set, test_set = InMemory(*train_rows, device=on), InMemory(*test_rows, device=on)
    full = chosen.batch_size == "full"
    batch_size = len(train_set) if chosen.batch_size == "full" else chosen.batch_size
    train = batched(train_set, batch_size, shuffle=not full, seed=seed)
    test = batched(test_set, len(test_set))

    model = Model(chosen.relu).to(on)

    # line 262 sums over the full batch, line 358 averages over mini-batches
    criterion = nn.BCELoss(reduction="sum" if full else "mean")
    optimizer, scheduler = optimizing(model, chosen, steps=chosen.epochs * len(train))
    training = Training(model, optimizer, scheduler, train, started=started)

    config = {"recipe": recipe, **hyper, "loss_reduction": criterion.reduction}
    config |= {"seed": seed, "device": str(on), "data": data}
    yield Header("diabetes", config, environment(on), chosen.epochs, classes=CLASSES)
    yield from training.begin(resume)

    # 4 training cycle
    part = "test" if chosen.hold_out else "train"
    for epoch in range(training.epoch + 1, chosen.epochs + 1):
        epoch_started = time.perf_counter()
        train_loss = yield from train_epoch(
            model, criterion, optimizer, train, device=on, epoch=epoch, scheduler=scheduler
        )
        seconds = time.perf_counter() - epoch_started
        found = evaluate(model, criterion, test, device=on, predict=at_least_half, epoch=epoch)
        measured: dict[str, Any] = {f"{part}_accuracy": found.accuracy}
        if chosen.hold_out:
            measured["test_loss"] = found.loss
        yield from training.after(EpochRow(epoch, train_loss, **measured, train_seconds=seconds))

    found = evaluate(model, criterion, test, device=on, predict=at_least_half)
    probabilities, labels = (column.flatten() for column in outputs(model, test))
    ones = labels.double().mean().item()  # in float32 the share isn't the accuracy it is
    yield Result(
        {
            f"{part}_accuracy": found.accuracy,
            "larger_class_share": max(ones, 1 - ones),
            f"{part}_loss": found.loss,
            "parameters": count_parameters(model),
            "train_seconds": sum(row.train_seconds for row in training.rows),
            "wall_seconds": training.wall_seconds(),
            **report(at_least_half(probabilities), labels, CLASSES),
        }
    )

"""Eight features through an 8-6-4-1 network: full batch, then mini-batches
(notes, lines 221-360).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ptnotes.datasets import diabetes
from ptnotes.engine.device import environment, prepare, seed_streams, seed_weights
from ptnotes.engine.loading import DeviceDataset, make_loader
from ptnotes.engine.loop import LossMeter, check_outputs, evaluate, one_cycle
from ptnotes.engine.metrics import classification_report, predict_logits, threshold
from ptnotes.engine.shards import Shards
from ptnotes.engine.state import State, TrainingState
from ptnotes.errors import DataError
from ptnotes.events import EpochRow, Event, Header, Progress, Result, config_of


@dataclass(frozen=True)
class Recipe:
    """``batch_size`` "full" is line 267's, 32 is line 358's, the notes' complete program: SGD.

    With ``hold_out`` that share of the rows is kept for testing; ``relu`` replaces the two hidden
    sigmoids; ``one_cycle`` trains with AdamW, the learning rate going up to ``lr`` and down.
    """

    name: str
    epochs: int
    batch_size: int | Literal["full"]
    lr: float
    hold_out: float = 0.0
    relu: bool = False
    one_cycle: bool = False
    weight_decay: float = 0.0
    shards: int = 1
    seed: int = 0


RECIPES = {
    "notes": Recipe("notes", epochs=100, batch_size=32, lr=0.01),
    "tuned": Recipe(
        "tuned",
        epochs=50,
        batch_size=32,
        lr=0.01,
        hold_out=0.2,
        relu=True,
        one_cycle=True,
        weight_decay=1.0,
    ),
}
CLASSES = ("0", "1")


def split(
    x: Tensor, y: Tensor, hold_out: float, rng: torch.Generator
) -> tuple[list[Tensor], list[Tensor]]:
    """Training and test rows, drawn by ``rng``; with nothing held out, all rows are both.

    Raises DataError if that leaves nothing to train on or to test with.
    """
    if not hold_out:
        return [x, y], [x, y]
    tested = round(len(x) * hold_out)
    if not 0 < tested < len(x):
        raise DataError(f"{len(x)} rows are too few to hold {hold_out:.0%} of them out")
    test, train = torch.randperm(len(x), generator=rng).split([tested, len(x) - tested])
    return [x[train], y[train]], [x[test], y[test]]


class Model(nn.Module):
    """Three linear layers, each followed by a sigmoid, (N, 8) → (N, 1) (notes, line 252)."""

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


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The untrained network of a run with this configuration."""
    return Model(config["relu"])


def run(
    recipe: Recipe,
    *,
    data: str = "diabetes",
    device: str = "auto",
    threads: int | None = None,
    data_dir: Path | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; continues from the state ``resume``.

    With nothing held out, the accuracy is that on the training data, the only data there is.
    Raises DataError, DeviceError, DivergedError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads)
    streams = seed_streams(recipe.seed)

    # 1 data
    x, y = diabetes.read(data_dir)  # (759, 8), (759, 1)
    train_rows, test_rows = split(x, y, recipe.hold_out, streams.split)
    train_set = DeviceDataset(*train_rows, device=used_device)
    full = recipe.batch_size == "full"
    batch_size = len(train_set) if recipe.batch_size == "full" else recipe.batch_size
    train = make_loader(train_set, batch_size, shuffle=None if full else streams.order)
    test = make_loader(DeviceDataset(*test_rows, device=used_device), len(test_rows[0]))

    # 2 model
    with seed_weights(recipe.seed):
        model = Model(recipe.relu).to(used_device)
    model.register_forward_hook(check_outputs)

    # 3 loss and optimizer: line 262 sums over the full batch, line 358 averages over mini-batches
    criterion = nn.BCELoss(reduction="sum" if full else "mean")
    optimizer: torch.optim.Optimizer
    if recipe.one_cycle:
        optimizer = torch.optim.AdamW(
            model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay, fused=True
        )
    else:
        optimizer = torch.optim.SGD(model.parameters(), lr=recipe.lr)
    steps = recipe.epochs * len(train)
    scheduler = one_cycle(optimizer, steps=steps) if recipe.one_cycle else None

    config = config_of(recipe, loss_reduction=criterion.reduction, device=str(used_device))
    config["data"] = data
    yield Header("diabetes", config, environment(used_device), recipe.epochs, CLASSES)
    training = TrainingState(
        model,
        optimizer,
        scheduler,
        started=started,
        generators=(streams.order,),
        data=train_rows,
    )
    yield from training.begin(resume)

    # 4 training cycle
    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        y_pred = model(x)  # forward: (N, 8) → (N, 1)
        loss: Tensor = criterion(y_pred, y)
        return loss

    part = "test" if recipe.hold_out else "train"
    with Shards(recipe.shards, model, criterion) as shards:
        for epoch in training.epochs(recipe.epochs):
            epoch_started = time.perf_counter()
            model.train()
            meter = LossMeter(epoch, criterion.reduction)
            for step, (x, y) in enumerate(train, start=1):
                optimizer.zero_grad()
                loss = shards.backward(loss_of, x, y)  # forward and backward
                optimizer.step()  # update
                if scheduler:
                    scheduler.step()
                meter.add(loss, len(y))
                yield Progress(epoch, step, len(train), loss=meter.so_far)
            seconds = time.perf_counter() - epoch_started
            found = evaluate(shards, criterion, test, predict=threshold, epoch=epoch)
            measured: dict[str, Any] = {f"{part}_accuracy": found.accuracy}
            if recipe.hold_out:
                measured["test_loss"] = found.loss
            yield from training.after(
                EpochRow(epoch, meter.mean(), **measured, train_seconds=seconds)
            )

        found = evaluate(shards, criterion, test, predict=threshold)
        probabilities, labels = (each.flatten() for each in predict_logits(shards, test))
    ones = labels.double().mean().item()  # float32 would not equal the accuracy that it is
    measured = {
        f"{part}_accuracy": found.accuracy,
        "larger_class_share": max(ones, 1 - ones),
        f"{part}_loss": found.loss,
    }
    report = classification_report(threshold(probabilities), labels, CLASSES)
    yield Result(measured | training.totals() | report)

"""Eight features through an 8-6-4-1 network: full batch, then mini-batches
(notes, lines 221-360).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from ptnotes.datasets import diabetes
from ptnotes.engine.device import environment, prepare, seed_streams, seed_weights
from ptnotes.engine.loading import Batches, DeviceDataset, make_loader
from ptnotes.engine.loop import LossMeter, check_outputs, evaluate
from ptnotes.engine.metrics import (
    classification_report,
    predict_logits,
    threshold,
    wilson_interval,
)
from ptnotes.engine.optimizers import make_optimizer, make_schedule
from ptnotes.engine.shards import Shards
from ptnotes.engine.splits import stratified_folds, stratified_split
from ptnotes.engine.state import State, TrainingState
from ptnotes.errors import DataError
from ptnotes.events import EpochRow, Event, Header, Progress, Result, config_of


@dataclass(frozen=True)
class Recipe:
    """``batch_size`` "full" is line 267's, 32 is line 358's, the notes' complete program: SGD.

    With ``hold_out`` that share of the rows is kept for testing, with ``folds`` the part ``fold``
    (from 1) of so many; ``relu`` replaces the two hidden sigmoids. ``validation``, a number of the
    other rows or a share of them, is held out too, to judge every epoch by; ``save_best`` chooses
    one by it, ``patience`` ends the training when so many were no better.
    """

    name: str
    epochs: int
    batch_size: int | Literal["full"]
    lr: float
    hold_out: float = 0.0
    folds: int = 0
    fold: int = 0
    relu: bool = False
    optimizer: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: str = "constant"
    shards: int = 1
    validation: float = 0
    save_best: bool = False
    patience: int = 0
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
        optimizer="adamw",
        weight_decay=1.0,
        schedule="one-cycle",
        validation=0.2,
        save_best=True,
    ),
}
CLASSES = ("0", "1")


def split_fold(
    x: Tensor, y: Tensor, fold: int, folds: int, rng: torch.Generator
) -> tuple[list[Tensor], list[Tensor]]:
    """Training and test rows: tested is the part ``fold`` (from 1), each class in its share.

    Raises DataError for more folds than rows.
    """
    cut = stratified_folds(y.flatten().long(), folds, rng)[fold - 1]
    return [x[cut.train], y[cut.train]], [x[cut.held_out], y[cut.held_out]]


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
    Raises DataError, DeviceError, DivergedError, UsageError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads)
    streams = seed_streams(recipe.seed)
    if recipe.folds:
        recipe = replace(recipe, hold_out=0.0)  # the fold is what is held out

    # 1 data
    x, y = diabetes.read(data_dir)  # (759, 8), (759, 1)
    if recipe.folds:
        train_rows, test_rows = split_fold(x, y, recipe.fold, recipe.folds, streams.split)
    else:
        train_rows, test_rows = split(x, y, recipe.hold_out, streams.split)
    config = config_of(recipe, one_cycle=recipe.schedule == "one-cycle")
    if recipe.validation:
        classes = train_rows[1].flatten().long()
        cut = stratified_split(classes, recipe.validation, streams.validation)
        held_out = [each[cut.held_out] for each in train_rows]
        train_rows = [each[cut.train] for each in train_rows]
        config |= cut.described()
    train_set = DeviceDataset(*train_rows, device=used_device)
    full = recipe.batch_size == "full"
    batch_size = len(train_set) if recipe.batch_size == "full" else recipe.batch_size
    train = make_loader(train_set, batch_size, shuffle=None if full else streams.order)

    def in_order(x: Tensor, y: Tensor) -> Batches:
        return make_loader(DeviceDataset(x, y, device=used_device), len(x))

    test = in_order(*test_rows)
    tested = "test" if recipe.hold_out or recipe.folds else "train"
    part, judged = ("val", in_order(*held_out)) if recipe.validation else (tested, test)

    # 2 model
    with seed_weights(recipe.seed):
        model = Model(recipe.relu).to(used_device)
    model.register_forward_hook(check_outputs)

    # 3 loss and optimizer: line 262 sums over the full batch, line 358 averages over mini-batches
    criterion = nn.BCELoss(reduction="sum" if full else "mean")
    optimizer = make_optimizer(
        recipe.optimizer,
        model.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    scheduler = make_schedule(recipe.schedule, optimizer, steps=recipe.epochs * len(train))

    config |= {
        "loss_reduction": criterion.reduction,
        "device": str(used_device),
        "data": data,
    }
    yield Header("diabetes", config, environment(used_device), recipe.epochs, CLASSES)
    training = TrainingState(
        model,
        optimizer,
        scheduler,
        started=started,
        generators=(streams.order,),
        data=train_rows,
        save_best=recipe.save_best,
        patience=recipe.patience,
    )
    yield from training.begin(resume)

    # 4 training cycle
    def loss_of(x: Tensor, y: Tensor) -> Tensor:
        y_pred = model(x)  # forward: (N, 8) → (N, 1)
        loss: Tensor = criterion(y_pred, y)
        return loss

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
                yield Progress(
                    epoch, step, len(train), loss=meter.so_far, batch_loss=meter.of_last_batch
                )
            trained = time.perf_counter()
            found = evaluate(shards, criterion, judged, predict=threshold, epoch=epoch)
            columns = found.columns(part, seconds=time.perf_counter() - trained)
            if part == "train":  # the loss and the time are those of the training
                columns = {"train_accuracy": found.accuracy}
            columns |= {"train_loss": meter.mean(), "train_seconds": trained - epoch_started}
            yield from training.after(EpochRow(epoch, **columns))

        with training.chosen_weights():
            found = evaluate(shards, criterion, test, predict=threshold)
            probabilities, labels = (each.flatten() for each in predict_logits(shards, test))
    ones = labels.double().mean().item()  # float32 would not equal the accuracy that it is
    measured: dict[str, Any] = {f"{tested}_accuracy": found.accuracy}
    if tested == "test":
        measured["test_accuracy_interval"] = wilson_interval(found.accuracy, len(labels))
    measured |= {"larger_class_share": max(ones, 1 - ones), f"{tested}_loss": found.loss}
    report = classification_report(threshold(probabilities), labels, CLASSES)
    yield Result(measured | training.choice() | training.totals() | report)

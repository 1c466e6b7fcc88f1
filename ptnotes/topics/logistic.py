"""Logistic regression on one feature, and the BCE table (notes, lines 136-219)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes import reference
from ptnotes.engine.device import environment, prepare, seed_weights
from ptnotes.engine.optimizers import make_optimizer, make_schedule
from ptnotes.engine.shards import one_thread
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import Event, Header, Result, Row, column, config_of


@dataclass(frozen=True)
class Recipe:
    """With ``weight_decay`` the three separable points have an optimum, without it none.

    ``nesterov`` is how a ``momentum`` is taken, if there is one.
    """

    name: str
    epochs: int
    lr: float
    optimizer: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = True
    weight_decay: float = 0.0
    schedule: str = "constant"
    seed: int = 0


RECIPES = {
    "notes": Recipe("notes", epochs=1000, lr=0.01),
    "tuned": Recipe("tuned", epochs=500, lr=0.1, momentum=0.9, weight_decay=0.01),
}

# 1 data: hours studied, passed or not                     (3, 1)
X_DATA = torch.tensor([[1.0], [2.0], [3.0]])
Y_DATA = torch.tensor([[0.0], [0.0], [1.0]])


# 2 model
class LogisticRegressionModel(nn.Module):
    """P(y = 1) = σ(w·x + b), (N, 1) → (N, 1) (notes, line 209)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.linear(x))


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The untrained model."""
    return LogisticRegressionModel()


@dataclass(frozen=True)
class CurveRow(Row):
    """One full-batch update: the mean loss before it, the curve after it."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".5f")
    weight: float = column("weight", ".4f")
    bias: float = column("bias", ".4f")


def run(
    recipe: Recipe,
    *,
    device: str = "auto",
    threads: int | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; continues from the state ``resume``.

    Raises DeviceError, DivergedError, UsageError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads, auto="cpu")
    x, y = X_DATA.to(used_device), Y_DATA.to(used_device)
    with seed_weights(recipe.seed):
        model = LogisticRegressionModel().to(used_device)

    # 3 loss and optimizer: the sum over the three points, as on line 214
    criterion = nn.BCELoss(reduction="sum")
    optimizer = make_optimizer(
        recipe.optimizer,
        model.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
    )
    scheduler = make_schedule(recipe.schedule, optimizer, steps=recipe.epochs)

    config = config_of(recipe, device=str(used_device))
    yield Header("logistic", config, environment(used_device), recipe.epochs)
    training = TrainingState(model, optimizer, scheduler, started=started, row=CurveRow)
    yield from training.begin(resume)

    # 4 training cycle; the closure is for L-BFGS, which calls it up to 20 times an update
    def closure() -> float:
        y_pred = model(x)  # forward
        loss: Tensor = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()  # backward
        return loss.item()

    line = model.linear
    with one_thread():
        for epoch in training.epochs(recipe.epochs):
            loss = optimizer.step(closure)  # forward, backward, update
            if scheduler:
                scheduler.step()

            mean_loss = loss / len(x)
            row = CurveRow(epoch, mean_loss, line.weight.item(), line.bias.item())
            yield from training.after(row)

    with torch.inference_mode():
        probability = model(torch.tensor([[4.0]], device=used_device)).item()
        correct = ((model(x) >= 0.5) == (y == 1)).float().mean().item()
    weight, bias = line.weight.item(), line.bias.item()
    table = reference.bce_table()
    measured = {
        "weight": weight,
        "bias": bias,
        "boundary": -bias / weight,
        "prediction": probability,
        "train_accuracy": correct,
        "bce_table": table,
        "bce_mean": sum(row["loss"] for row in table) / len(table),
    }
    yield Result(measured | training.totals())

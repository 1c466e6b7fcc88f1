"""Linear regression with nn.Module, MSELoss and SGD (notes, lines 69-134)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.engine.device import environment, prepare, seed_weights
from ptnotes.engine.optimizers import make_optimizer, make_schedule
from ptnotes.engine.shards import one_thread
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import Event, Header, Result, Row, column, config_of


@dataclass(frozen=True)
class Recipe:
    """The notes' optimizer is SGD; the course asks for eight others (engine.optimizers).

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
    "notes": Recipe("notes", epochs=10_000, lr=0.01),
    "tuned": Recipe("tuned", epochs=300, lr=0.05, momentum=0.9),
}

# 1 data: y = 2x, a mini-batch of three                    (3, 1)
X_DATA = torch.tensor([[1.0], [2.0], [3.0]])
Y_DATA = torch.tensor([[2.0], [4.0], [6.0]])


# 2 model
class LinearModel(nn.Module):
    """ŷ = w·x + b, (N, 1) → (N, 1) (notes, line 94)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y_pred: Tensor = self.linear(x)
        return y_pred


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The untrained model."""
    return LinearModel()


@dataclass(frozen=True)
class LineRow(Row):
    """One full-batch update: the loss before it, the line after it."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".2e")
    weight: float = column("weight", ".5f")
    bias: float = column("bias", ".5f")


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
        model = LinearModel().to(used_device)

    # 3 loss and optimizer
    criterion = nn.MSELoss()
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
    yield Header("linreg", config, environment(used_device), recipe.epochs)
    training = TrainingState(model, optimizer, scheduler, started=started, row=LineRow)
    yield from training.begin(resume)

    # 4 training cycle; the closure is for L-BFGS, which calls it up to 20 times an update
    def closure() -> float:
        y_pred = model(x)  # forward
        loss: Tensor = criterion(y_pred, y)
        optimizer.zero_grad()
        loss.backward()  # backward
        return loss.item()

    with one_thread():
        for epoch in training.epochs(recipe.epochs):
            loss = optimizer.step(closure)  # forward, backward, update
            if scheduler:
                scheduler.step()

            weight, bias = model.linear.weight.item(), model.linear.bias.item()
            yield from training.after(LineRow(epoch, loss, weight, bias))

    with torch.inference_mode():
        prediction = model(torch.tensor([[4.0]], device=used_device)).item()
    measured = {
        "weight": model.linear.weight.item(),
        "bias": model.linear.bias.item(),
        "prediction": prediction,
    }
    yield Result(measured | training.totals())

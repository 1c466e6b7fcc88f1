"""Logistic regression on one feature, and the BCE table (notes, lines 136-219)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ptnotes import reference as formulas
from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import LossMeter, count_parameters, train_step
from ptnotes.events import Event, Header, Result, Row, column
from ptnotes.engine.state import State, Training

# 1 data: hours studied, passed or not                     (3, 1)
X_DATA = torch.tensor([[1.0], [2.0], [3.0]])
Y_DATA = torch.tensor([[0.0], [0.0], [1.0]])


@dataclass(frozen=True)
class Recipe:
    """SGD. With ``weight_decay`` the three separable points have an optimum, without it none."""

    epochs: int
    lr: float
    momentum: float = 0.0
    weight_decay: float = 0.0


RECIPES = {
    "notes": Recipe(epochs=1000, lr=0.01),
    "tuned": Recipe(epochs=500, lr=0.1, momentum=0.9, weight_decay=0.01),
}


# 2 model
class LogisticRegressionModel(nn.Module):
    """P(y = 1) = σ(w·x + b), (N, 1) → (N, 1) (notes, line 209)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.linear(x))


@dataclass(frozen=True)
class CurveRow(Row):
    """One full-batch update: the mean loss before it, the curve after it."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".5f")
    weight: float = column("weight", ".4f")
    bias: float = column("bias", ".4f")


def run(
    *,
    recipe: str,
    epochs: int,
    lr: float,
    momentum: float,
    weight_decay: float,
    seed: int,
    device: str,
    threads: int | None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; goes on from ``resume``. Raises DeviceError, DivergedError."""
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)
    config = {"recipe": recipe, "epochs": epochs, "lr": lr, "momentum": momentum}
    config |= {"weight_decay": weight_decay, "seed": seed, "device": str(on)}
    yield Header("logistic", config, environment(on), rows=epochs, shown=20)
    x, y = X_DATA.to(on), Y_DATA.to(on)
    model = LogisticRegressionModel().to(on)

    # 3 loss and optimizer: the sum over the three points, as on line 214
    criterion = nn.BCELoss(reduction="sum")
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=lr,
        momentum=momentum,
        nesterov=momentum > 0,
        weight_decay=weight_decay,
    )

    training = Training(model, optimizer, started=started, row=CurveRow)
    yield from training.begin(resume)

    # 4 training cycle
    line = model.linear
    for epoch in range(training.epoch + 1, epochs + 1):
        meter = LossMeter(epoch, criterion.reduction)
        meter.add(train_step(model, criterion, optimizer, (x,), y), len(x))
        row = CurveRow(epoch, meter.mean(), line.weight.item(), line.bias.item())
        yield from training.after(row)

    with torch.inference_mode():
        probability = model(torch.tensor([[4.0]], device=on)).item()
        correct = ((model(x) >= 0.5) == (y == 1)).float().mean().item()
    weight, bias = model.linear.weight.item(), model.linear.bias.item()
    table = formulas.bce_table()
    yield Result(
        {
            "weight": weight,
            "bias": bias,
            "boundary": -bias / weight,
            "prediction": probability,
            "train_accuracy": correct,
            "parameters": count_parameters(model),
            "bce_table": table,
            "bce_mean": sum(row["loss"] for row in table) / len(table),
            "wall_seconds": training.wall_seconds(),
        }
    )

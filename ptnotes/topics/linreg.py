"""Linear regression with nn.Module, MSELoss and SGD (notes, lines 69-134)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import LossMeter, train_step
from ptnotes.events import Event, Header, Result, Row, column
from ptnotes.engine.state import State, Training

# 1 data: y = 2x, a mini-batch of three                    (3, 1)
X_DATA = torch.tensor([[1.0], [2.0], [3.0]])
Y_DATA = torch.tensor([[2.0], [4.0], [6.0]])


@dataclass(frozen=True)
class Recipe:
    """SGD, with Nesterov's momentum if ``momentum`` isn't 0."""

    epochs: int
    lr: float
    momentum: float = 0.0


RECIPES = {
    "notes": Recipe(epochs=10_000, lr=0.01),
    "tuned": Recipe(epochs=300, lr=0.05, momentum=0.9),
}


# 2 model
class LinearModel(nn.Module):
    """ŷ = w·x + b, (N, 1) → (N, 1) (notes, line 94)."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(1, 1)

    def forward(self, x: Tensor) -> Tensor:
        y_pred: Tensor = self.linear(x)
        return y_pred


@dataclass(frozen=True)
class LineRow(Row):
    """One full-batch update: the loss before it, the line after it."""

    epoch: int = column("epoch")
    train_loss: float = column("train loss", ".2e")
    weight: float = column("weight", ".5f")
    bias: float = column("bias", ".5f")


def run(
    *,
    recipe: str,
    epochs: int,
    lr: float,
    momentum: float,
    seed: int,
    device: str,
    threads: int | None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; goes on from ``resume``. Raises DeviceError, DivergedError."""
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)
    config = {"recipe": recipe, "epochs": epochs, "lr": lr, "momentum": momentum}
    config |= {"seed": seed, "device": str(on)}
    yield Header("linreg", config, environment(on), rows=epochs, shown=20)
    x, y = X_DATA.to(on), Y_DATA.to(on)
    model = LinearModel().to(on)

    # 3 loss and optimizer
    criterion = nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, nesterov=momentum > 0)

    training = Training(model, optimizer, started=started, row=LineRow)
    yield from training.begin(resume)

    # 4 training cycle
    line = model.linear
    for epoch in range(training.epoch + 1, epochs + 1):
        meter = LossMeter(epoch)
        meter.add(train_step(model, criterion, optimizer, (x,), y), len(x))
        row = LineRow(epoch, meter.mean(), line.weight.item(), line.bias.item())
        yield from training.after(row)

    with torch.inference_mode():
        prediction = model(torch.tensor([[4.0]], device=on)).item()
    yield Result(
        {
            "weight": model.linear.weight.item(),
            "bias": model.linear.bias.item(),
            "prediction": prediction,
            "parameters": 2,
            "wall_seconds": training.wall_seconds(),
        }
    )

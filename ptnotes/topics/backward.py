"""ŷ = w·x: the gradient by hand beside autograd's, one update at a time (notes, lines 9-67)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import nn

from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import LossMeter
from ptnotes.events import Event, Header, Result, Row, column
from ptnotes.engine.state import State, Training

# 1 data: y = 2x
X_DATA = [1.0, 2.0, 3.0]
Y_DATA = [2.0, 4.0, 6.0]


@dataclass(frozen=True)
class Recipe:
    epochs: int
    lr: float


# tuned: a rate at which no step overshoots (lr · 2x² stays below 1), so a few are enough
RECIPES = {"notes": Recipe(epochs=1000, lr=0.01), "tuned": Recipe(epochs=10, lr=0.05)}


@dataclass(frozen=True)
class UpdateRow(Row):
    """One update; w and the gradients are those before it."""

    epoch: int = column("epoch")
    x: float = column("x", "g")
    y: float = column("y", "g")
    w: float = column("w", ".4f")
    loss: float = column("loss", ".2e")
    gradient_by_hand: float = column("by hand", ".2e")
    gradient_autograd: float = column("autograd", ".2e")


def run(
    *,
    recipe: str,
    epochs: int,
    lr: float,
    seed: int,
    device: str,
    threads: int | None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per update: three an epoch; goes on from ``resume``.

    Raises DeviceError, DivergedError.
    """
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)
    config = {"recipe": recipe, "epochs": epochs, "lr": lr, "seed": seed, "device": str(on)}
    updates = epochs * len(X_DATA)
    yield Header("backward", config, environment(on), rows=updates, shown=20)

    # 2 model: one weight, no bias
    w = torch.tensor([1.0], device=on, requires_grad=True)
    model = nn.ParameterDict({"w": w})  # the same memory, by a name
    training = Training(model, started=started, row=UpdateRow)
    yield from training.begin(resume)

    # 4 training cycle; the loss of line 67 is (y - ŷ)², the optimizer w - lr·gradient
    for epoch in range(training.epoch + 1, epochs + 1):
        meter = LossMeter(epoch)
        rows = []
        for x, y in zip(X_DATA, Y_DATA, strict=True):
            loss = (y - w * x) ** 2
            loss.backward()
            meter.add(loss.squeeze(), 1)
            with torch.no_grad():
                assert w.grad is not None
                by_hand = 2 * x * (x * w - y)
                autograd = w.grad.clone()
                row = UpdateRow(epoch, x, y, w.item(), loss.item(), by_hand.item(), autograd.item())
                w -= lr * w.grad
                w.grad.zero_()
            rows.append(row)
        yield from training.after(*rows)

    yield Result(
        {
            "weight": w.item(),
            "prediction": w.item() * 4,
            "largest_gradient_difference": max(
                abs(row.gradient_by_hand - row.gradient_autograd) for row in training.rows
            ),
        }
    )

"""ŷ = w·x: the gradient by hand beside autograd's, one update at a time (notes, lines 9-67)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ptnotes.engine.device import environment, prepare, seed_weights
from ptnotes.engine.shards import one_thread
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import Event, Header, Result, Row, column, config_of


@dataclass(frozen=True)
class Recipe:
    """Gradient descent, a sample at a time. Nothing is random: ``seed`` changes nothing."""

    name: str
    epochs: int
    lr: float
    seed: int = 0


# tuned: a rate at which no step overshoots (lr · 2x² stays below 1), so a few are enough
RECIPES = {
    "notes": Recipe("notes", epochs=1000, lr=0.01),
    "tuned": Recipe("tuned", epochs=10, lr=0.05),
}

# 1 data: y = 2x
X_DATA = [1.0, 2.0, 3.0]
Y_DATA = [2.0, 4.0, 6.0]


# 2 model: one weight, no bias
def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.ParameterDict:
    """The weight w as it is before training."""
    return nn.ParameterDict({"w": torch.tensor([1.0])})


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
    recipe: Recipe,
    *,
    device: str = "auto",
    threads: int | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per update: three an epoch; continues from the state ``resume``.

    Raises DeviceError, DivergedError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads, auto="cpu")
    config = config_of(recipe, device=str(used_device))
    updates = recipe.epochs * len(X_DATA)
    yield Header("backward", config, environment(used_device), updates)

    with seed_weights(recipe.seed):
        model = build_model(config, ()).to(used_device)
    w = model["w"]
    training = TrainingState(model, started=started, row=UpdateRow)
    yield from training.begin(resume)

    # 4 training cycle: the loss of line 67 is (y - ŷ)², the update w - lr·gradient
    with one_thread():
        for epoch in training.epochs(recipe.epochs):
            rows = []
            for x, y in zip(X_DATA, Y_DATA, strict=True):
                y_pred = w * x  # forward
                loss = (y - y_pred) ** 2
                loss.backward()  # backward
                by_hand = 2 * x * (x * w.detach() - y)
                row = UpdateRow(epoch, x, y, w.item(), loss.item(), by_hand.item(), w.grad.item())
                rows.append(row)
                with torch.no_grad():
                    w -= recipe.lr * w.grad  # update
                    w.grad.zero_()
            yield from training.after(*rows)

    differences = [abs(row.gradient_by_hand - row.gradient_autograd) for row in training.rows]
    measured = {
        "weight": w.item(),
        "prediction": w.item() * 4,
        "largest_gradient_difference": max(differences),
    }
    yield Result(measured | training.totals())

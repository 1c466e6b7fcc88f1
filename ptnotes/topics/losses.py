"""Softmax, cross-entropy in numpy and in torch, LogSoftmax + NLLLoss, BCE (notes, 182-462)."""

from collections.abc import Iterator, Sequence
from itertools import chain
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import nn

from ptnotes import reference
from ptnotes.engine.device import environment
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Result, Table

# lines 420-421: the same three targets, two predictions
TARGETS = [2, 0, 1]
PREDICTIONS = (
    [[0.1, 0.2, 0.9], [1.1, 0.1, 0.2], [0.2, 2.1, 0.1]],
    [[0.8, 0.2, 0.3], [0.2, 0.3, 0.5], [0.2, 0.2, 0.5]],
)
LARGEST = 1e300  # of a logit: the difference of two, and a sum of these, stay finite


def run(
    *,
    logits: Sequence[Sequence[float]] = ((0.2, 0.1, -0.1),),
    targets: Sequence[int] = (0,),
) -> Iterator[Event]:
    """Logits (N, C) and a target from 0 to C - 1 for each row. Raises UsageError."""
    _check(logits, targets)
    config = {"logits": [list(row) for row in logits], "targets": list(targets)}
    yield Header("losses", config, environment(torch.device("cpu")))

    z = torch.tensor(logits, dtype=torch.float64)  # (N, C)
    y = torch.tensor(targets)  # (N)
    probabilities = reference.softmax(z.numpy())
    yield Table(
        "Softmax: exp(z) / Σ exp(z)",
        ("sample no.", "class", "logit", "probability", ""),
        [
            (str(n), str(c), f"{logits[n][c]:g}", f"{p:.6f}", "← target" * (c == targets[n]))
            for n, row in enumerate(probabilities)
            for c, p in enumerate(row)
        ],
    )

    ways = {
        "numpy": reference.cross_entropy(z.numpy(), targets),
        "numpy_as_in_the_notes": reference.cross_entropy_of_the_notes(z.numpy(), targets),
        "cross_entropy_loss": nn.CrossEntropyLoss(reduction="none")(z, y).numpy(),
        "log_softmax_nll_loss": nn.NLLLoss(reduction="none")(nn.LogSoftmax(dim=1)(z), y).numpy(),
    }
    yield Table(
        "Cross-entropy of each sample, four ways",
        ("computed by", "losses", "mean"),
        [
            (name, " ".join(f"{loss:.4f}" for loss in losses), f"{losses.mean():.4f}")
            for name, losses in ways.items()
        ],
    )

    torch_losses = ways["cross_entropy_loss"]
    compared = [_mean_cross_entropy(prediction) for prediction in PREDICTIONS]
    yield Table(
        "Two predictions for the targets 2, 0, 1 (line 420)",
        ("prediction", "logits", "cross-entropy"),
        [
            (str(number), "\n".join(map(str, prediction)), f"{loss:.4f}")
            for number, (prediction, loss) in enumerate(
                zip(PREDICTIONS, compared, strict=True), start=1
            )
        ],
    )

    bce_table = reference.bce_table()
    bce_mean = sum(row["loss"] for row in bce_table) / len(bce_table)
    yield Table(
        f"BCE: −(y·log ŷ + (1 − y)·log(1 − ŷ)); the mean is {bce_mean:.4f}",
        ("y", "ŷ", "loss"),
        [(f"{row['y']:g}", f"{row['y_hat']:g}", f"{row['loss']:.4f}") for row in bce_table],
    )
    yield Result(
        {
            "probabilities": probabilities.tolist(),
            "losses": {name: [_number(x) for x in losses] for name, losses in ways.items()},
            "cross_entropy": float(torch_losses.mean()),
            "largest_difference": float(
                max(
                    np.abs(torch_losses - ways[way]).max()
                    for way in ("numpy", "log_softmax_nll_loss")
                )
            ),
            "two_predictions": compared,
            "bce_table": bce_table,
            "bce_mean": bce_mean,
        }
    )


def _check(logits: Sequence[Sequence[float]], targets: Sequence[int]) -> None:
    if not logits or not all(hasattr(row, "__len__") for row in logits):
        raise UsageError("--logits: a row of logits for every sample is needed")
    for logit in chain.from_iterable(logits):
        if not isinstance(logit, Real) or not -LARGEST <= logit <= LARGEST:
            raise UsageError(
                f"--logits: {logit!r} is not a number from {-LARGEST:g} to {LARGEST:g}"
            )
    classes = len(logits[0])
    if any(len(row) != classes for row in logits):
        raise UsageError("--logits: every sample needs the same number of logits")
    if len(targets) != len(logits):
        raise UsageError(
            f"--target: {len(logits)} samples need as many targets, not {len(targets)}"
        )
    for target in targets:
        if not isinstance(target, Integral) or not 0 <= target < classes:
            raise UsageError(
                f"--target: {target} is out of range; {classes} logits have the classes "
                f"0 to {classes - 1}"
            )


def _mean_cross_entropy(logits: list[list[float]]) -> float:
    loss = nn.CrossEntropyLoss()(torch.tensor(logits), torch.tensor(TARGETS))
    return float(loss)


def _number(value: Any) -> float | None:
    """None for what JSON cannot hold: the notes' formula overflows for large logits."""
    return float(value) if np.isfinite(value) else None

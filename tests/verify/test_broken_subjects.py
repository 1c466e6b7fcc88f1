"""A claim isn't confirmed when what it is about is broken."""

import numpy as np
import pytest
import torch
from torch import nn

from ptnotes import reference as formulas
from ptnotes.models import recurrent_cells as cells


def swapped_gates(cell, x, h, c):
    i, f, g, o = (x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh).chunk(
        4, dim=1
    )
    c = torch.sigmoid(i) * c + torch.sigmoid(f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def without_padding(layer, x):
    return nn.functional.conv2d(x, layer.weight, layer.bias, layer.stride)


def average_of_batches(batches):
    batches = list(batches)
    return np.mean([batch.mean() for batch in batches]), np.mean([b.std() for b in batches])


def without_floor(size, kernel, *, stride, padding, dilation):
    return (size + 2 * padding - kernel) / stride + 1


def overflowing(logits, targets):
    return formulas.cross_entropy_of_the_notes(logits, targets)


@pytest.mark.parametrize(
    ("target", "broken", "guards"),
    [
        ("ptnotes.models.recurrent_cells.lstm_cell", swapped_gates, ["lstm-gates"]),
        ("ptnotes.models.recurrent_cells.gru_cell", cells.gru_cell_of_the_notes, ["gru-update"]),
        (
            "torch.nn.Conv2d.forward",
            without_padding,
            ["padding-one", "inception-joins-88-channels"],
        ),
        ("ptnotes.reference.mean_and_std", average_of_batches, ["batches-are-not-pixels"]),
        ("ptnotes.reference.output_size", without_floor, ["output-size"]),
        ("ptnotes.reference.cross_entropy", overflowing, ["softmax-overflows"]),
        ("torch.nn.LogSoftmax.forward", lambda _, x: x.softmax(dim=1), ["cross-entropy-is-both"]),
        (
            "ptnotes.datasets.names.encode",
            lambda name: [ord(c) for c in name],
            ["names-beyond-ascii"],
        ),
        (
            "ptnotes.engine.loop.LossMeter.mean",
            lambda meter: meter.total,
            ["names-loss-is-too-small"],
        ),
        (
            "ptnotes.models.mnist.ResidualBlock.forward",
            lambda block, x: torch.relu(block.conv2(torch.relu(block.conv1(x)))),
            ["residual-adds-x"],
        ),
        (
            "ptnotes.reference.binary_cross_entropy",
            lambda y, y_hat: -y * np.log(y_hat),
            ["bce-table", "bce-of-the-batch"],
        ),
        ("torch.Tensor.item", lambda tensor: tensor, ["printing-the-loss"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_claim_is_not_confirmed_when_its_subject_is_broken(
    row, monkeypatch, target, broken, guards
):
    for guard in guards:
        assert row(guard)["verdict"] in ("holds", "corrected")
    monkeypatch.setattr(target, broken)
    for guard in guards:
        assert row(guard)["verdict"] in ("fails", "error")

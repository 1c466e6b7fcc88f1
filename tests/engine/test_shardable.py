"""Models and criteria whose shards don't add up to the batch."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from ptnotes.engine.shards import Shards
from tests.engine.test_shards import loss_of


@pytest.mark.parametrize(
    ("model", "criterion"),
    [
        (nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.2)), nn.CrossEntropyLoss()),
        (nn.GRU(3, 3, 2, dropout=0.2), nn.CrossEntropyLoss()),
        (nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)), nn.CrossEntropyLoss()),
        (nn.Linear(3, 3), nn.CrossEntropyLoss(weight=torch.ones(3))),
        (nn.Linear(3, 3), nn.NLLLoss(weight=torch.ones(3))),
        (nn.Linear(3, 3), nn.KLDivLoss(reduction="batchmean")),
        (nn.RReLU(), nn.CrossEntropyLoss()),
        (nn.InstanceNorm2d(2, track_running_stats=True), nn.CrossEntropyLoss()),
        (nn.Linear(3, 3), F.cross_entropy),
        (nn.Linear(3, 3), lambda outputs, targets: (outputs - targets).square().sum()),
    ],
    ids=[
        *("dropout", "between layers", "batch norm", "weights", "nll", "kl", "rrelu", "running"),
        *("function", "lambda"),
    ],
)
def test_what_does_not_add_up_is_refused(model, criterion):
    with pytest.raises(ValueError):
        Shards(2, model, criterion)
    Shards(1, model, criterion)  # a whole batch is no shard


def test_ignored_targets_are_refused():
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(ignore_index=1)
    x, y = torch.randn(8, 5), torch.tensor([0, 2] * 4)
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
        y[3] = 1
        with pytest.raises(ValueError, match="ignore_index"):
            shards.backward(loss_of(model, criterion), x, y)


class FunctionalDropout(nn.Linear):
    """Draws without a module that says so."""

    def forward(self, x):
        return F.dropout(super().forward(x), 0.5, self.training)


class FunctionalBatchNorm(nn.Linear):
    """Keeps running statistics that every shard writes."""

    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.register_buffer("mean", torch.zeros(3))
        self.register_buffer("var", torch.ones(3))

    def forward(self, x):
        return F.batch_norm(super().forward(x), self.mean, self.var, training=True)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (FunctionalDropout(5, 3), "twice"),
        (FunctionalBatchNorm(5, 3), "buffer"),
    ],
    ids=["dropout", "batch norm"],
)
def test_what_shows_in_the_first_step_is_refused(model, words):
    criterion = nn.CrossEntropyLoss()
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards, pytest.raises(ValueError, match=words):
        shards.backward(loss_of(model, criterion), x, y)
    with Shards(1, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)


def test_a_loss_that_is_nan_is_not_refused():
    """It diverged: the meter says so."""
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        loss = shards.backward(
            loss_of(model, criterion), torch.full((8, 5), math.nan), torch.zeros(8).long()
        )
    assert loss.isnan()

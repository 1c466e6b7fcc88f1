import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine.loading import DeviceDataset, make_loader
from ptnotes.engine.loop import LossMeter, evaluate
from ptnotes.engine.shards import Shards
from ptnotes.errors import DivergedError

CPU = torch.device("cpu")


def evaluated(model, criterion, x, y, batch_size, shards=1):
    batches = make_loader(DeviceDataset(x, y, device=CPU), batch_size)
    with Shards(shards, model, criterion) as computed:
        return evaluate(computed, criterion, batches)


@pytest.mark.parametrize("batch_size", [1, 64, 65, 1000])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_evaluation_is_exact_over_samples(batch_size, reduction):
    """65 samples in batches of 64: the one sample of the last batch counts once."""
    torch.manual_seed(0)
    x, y = torch.randn(65, 4), torch.randint(0, 3, (65,))
    x[-1] *= 100  # its loss stands out
    model = nn.Linear(4, 3)
    with torch.inference_mode():
        logits = model(x).double()
        loss = nn.functional.cross_entropy(logits, y).item()
        accuracy = (logits.argmax(1) == y).double().mean().item()
    criterion = nn.CrossEntropyLoss(reduction=reduction)
    for shards in (1, 2):
        found = evaluated(model, criterion, x, y, batch_size, shards)
        assert found.loss == pytest.approx(loss, rel=1e-6)
        assert found.accuracy == pytest.approx(accuracy, abs=1e-12)


def test_evaluation_is_in_eval_mode():
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2))
    x, y, criterion = torch.ones(8, 4), torch.zeros(8).long(), nn.CrossEntropyLoss()
    model.train()
    assert len({evaluated(model, criterion, x, y, 8).loss for _ in range(5)}) == 1


class OnAccelerator(torch.Tensor):
    """Says that it isn't on the CPU, so that it is read later."""

    is_cpu = False


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3, width=32), st.integers(1, 100)), min_size=1),
    st.sampled_from([torch.Tensor, OnAccelerator]),
)
def test_meter_is_the_weighted_mean(batches, kind):
    meter = LossMeter(1)
    for loss, samples in batches:
        meter.add(torch.tensor(loss).as_subclass(kind), samples)
    expected = math.fsum(loss * n for loss, n in batches) / sum(n for _, n in batches)
    assert meter.mean() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", [torch.Tensor, OnAccelerator])
def test_meter_names_the_step_that_diverged(bad, kind):
    meter = LossMeter(7)
    with pytest.raises(DivergedError, match="epoch 7, step 3"):
        for loss in [1.0, 1.0, bad, 1.0, 1.0]:
            meter.add(torch.tensor(loss).as_subclass(kind), 1)
        meter.mean()

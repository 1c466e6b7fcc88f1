import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine.loading import DeviceDataset, batched
from ptnotes.engine.loop import LossMeter, count_parameters, evaluate, fit, train_epoch
from ptnotes.engine.state import TrainingState
from ptnotes.errors import DivergedError
from ptnotes.events import EpochRow, Progress

CPU = torch.device("cpu")


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
    batches = batched(DeviceDataset(x, y, device=CPU), batch_size)
    found = evaluate(model, criterion, batches, device=CPU)
    assert found.loss == pytest.approx(loss, rel=1e-6)
    assert found.accuracy == pytest.approx(accuracy, abs=1e-12)


def test_evaluation_is_in_eval_mode():
    model = nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 2))
    batches = batched(DeviceDataset(torch.ones(8, 4), torch.zeros(8).long(), device=CPU), 8)
    model.train()
    losses = {evaluate(model, nn.CrossEntropyLoss(), batches, device=CPU).loss for _ in range(5)}
    assert len(losses) == 1


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3, width=32), st.integers(1, 100)), min_size=1),
    st.booleans(),
)
def test_meter_is_the_weighted_mean(batches, read_at_once):
    meter = LossMeter(1, read_at_once=read_at_once)
    for loss, samples in batches:
        meter.add(torch.tensor(loss), samples)
    expected = math.fsum(loss * n for loss, n in batches) / sum(n for _, n in batches)
    assert meter.mean() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("read_at_once", [True, False])
def test_meter_names_the_step_that_diverged(bad, read_at_once):
    meter = LossMeter(7, read_at_once=read_at_once)
    with pytest.raises(DivergedError, match="epoch 7, step 3"):
        for loss in [1.0, 1.0, bad, 1.0, 1.0]:
            meter.add(torch.tensor(loss), 1)
        meter.mean()


def test_fit_yields_progress_then_a_row():
    torch.manual_seed(0)
    x = torch.randn(96, 4)
    y = (x[:, 0] > 0).long()
    model = nn.Linear(4, 2)
    assert count_parameters(model) == 10
    train = batched(DeviceDataset(x, y, device=CPU), 32, shuffle=True, seed=0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    training = TrainingState(model, optimizer, started=0.0)
    events = list(fit(training, nn.CrossEntropyLoss(), train, train, epochs=8, device=CPU))
    assert events[:3] == [Progress(1, done, 3) for done in (1, 2, 3)]
    rows = [event for event in events if isinstance(event, EpochRow)]
    assert [row.epoch for row in rows] == list(range(1, 9))
    assert rows[-1].train_loss < 0.6 * rows[0].train_loss
    assert rows[-1].test_accuracy > 0.85


def test_train_epoch_is_the_notes_loop():
    """The same batches give the same weights as the plain loop of the notes."""
    x, y = torch.randn(40, 4), torch.randint(0, 2, (40,))

    def trained(loop):
        torch.manual_seed(1)
        model = nn.Linear(4, 2)
        loop(model, nn.CrossEntropyLoss(), torch.optim.SGD(model.parameters(), lr=0.1))
        return model.weight.detach()

    def ours(model, criterion, optimizer):
        batches = batched(DeviceDataset(x, y, device=CPU), 16)
        list(train_epoch(model, criterion, optimizer, batches, device=CPU))

    def notes(model, criterion, optimizer):
        for start in range(0, 40, 16):
            optimizer.zero_grad()
            criterion(model(x[start : start + 16]), y[start : start + 16]).backward()
            optimizer.step()

    assert torch.equal(trained(ours), trained(notes))

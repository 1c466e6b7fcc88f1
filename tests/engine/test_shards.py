"""A batch in parts gives the whole batch's loss, gradients and outputs."""

import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine.loading import DeviceDataset, PaddedSequences, batched
from ptnotes.engine.loop import fit
from ptnotes.engine.shards import Parts, parts_of
from ptnotes.engine.state import TrainingState
from ptnotes.events import EpochRow
from ptnotes.models.mnist import MODELS
from ptnotes.topics.names import RNNClassifier

CPU = torch.device("cpu")


@given(st.integers(1, 40), st.integers(1, 4), st.sampled_from(["mean", "sum"]))
def test_parts_add_up(samples, count, reduction):
    torch.manual_seed(samples)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(reduction=reduction)
    x, y = torch.randn(samples, 5), torch.randint(0, 3, (samples,))
    whole = criterion(model(x), y)
    whole.backward()
    gradients = [parameter.grad for parameter in model.parameters()]
    with Parts(count) as parts:
        loss = parts.backward(model, criterion, [x], y)
        outputs = parts.forward(model, [x])
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close([p.grad for p in model.parameters()], gradients)
    torch.testing.assert_close(outputs, model(x).detach())


def test_packed_sequences_stay_sorted():
    torch.manual_seed(0)
    lengths = torch.randint(1, 12, (70,))
    codes = torch.randint(1, 128, (70, 12))
    data = PaddedSequences(codes, lengths, torch.randint(0, 4, (70,)), device=CPU)
    *inputs, targets = next(iter(batched(data, 70)))
    model, criterion = RNNClassifier(4), nn.CrossEntropyLoss()
    with Parts(2) as parts:
        loss = parts.backward(model, criterion, inputs, targets)
        outputs = parts.forward(model, inputs)
    torch.testing.assert_close(outputs, model(*inputs).detach())
    gradients = [parameter.grad for parameter in model.parameters()]
    model.zero_grad()
    whole = criterion(model(*inputs), targets)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close(gradients, [parameter.grad for parameter in model.parameters()])


def training_of(parts, weights=None):
    """Two epochs of a CNN; ``weights`` is given its model's state."""
    torch.manual_seed(0)
    x, y = torch.randn(100, 1, 28, 28), torch.randint(0, 10, (100,))
    model = MODELS["cnn"]()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    batches = batched(DeviceDataset(x, y, device=CPU), 64, shuffle=True)
    training = TrainingState(model, optimizer, started=0.0)
    yield from fit(
        training, nn.CrossEntropyLoss(), batches, batches, epochs=2, device=CPU, parts=parts
    )
    weights |= model.state_dict()


def trained(parts):
    weights = {}
    events = training_of(parts, weights)
    return [event for event in events if isinstance(event, EpochRow)][-1], weights


def test_same_parts_same_bits():
    (row, weights), (again, weights_again) = trained(2), trained(2)
    assert row.train_loss == again.train_loss
    assert all(torch.equal(weights[name], weights_again[name]) for name in weights)
    alone, weights_alone = trained(1)
    assert row.train_loss == pytest.approx(alone.train_loss, rel=1e-5)
    torch.testing.assert_close(weights, weights_alone)


def test_threads_are_given_back():
    torch.set_num_threads(2)
    with pytest.raises(ZeroDivisionError), Parts(2):
        assert torch.get_num_threads() == 1
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2


class Picky(nn.Linear):
    """Refuses 13, wherever it stands."""

    def forward(self, x):
        if (x == 13).any():
            raise ValueError("13")
        return super().forward(x)


@pytest.mark.parametrize("place", [0, 1])  # the caller's own part, and the other thread's
def test_error_in_a_part_comes_through(place):
    torch.set_num_threads(2)
    x, y = torch.ones(4, 5), torch.zeros(4).long()
    x[place] = 13
    with pytest.raises(ValueError, match="13"), Parts(2) as parts:
        parts.backward(Picky(5, 3), nn.CrossEntropyLoss(), [x], y)
    assert torch.get_num_threads() == 2


def test_threads_end_where_a_training_is_left():
    torch.set_num_threads(2)
    events = training_of(2)
    next(events)
    assert torch.get_num_threads() == 1
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("part")]
    events.close()
    assert torch.get_num_threads() == 2
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("part")]


class Turned(nn.Module):
    """A weight whose gradient autograd hands over transposed in memory."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 3))

    def forward(self, x):
        return (x * self.weight.t()).sum(2)


def test_gradient_that_lies_otherwise_than_its_weight():
    torch.manual_seed(0)
    x, y = torch.randn(6, 3, 5), torch.randint(0, 3, (6,))
    model = Turned()
    (lying_otherwise,) = torch.autograd.grad(model(x).sum(), [model.weight])
    assert lying_otherwise.stride() != model.weight.stride()
    with Parts(2) as parts:
        parts.backward(model, nn.CrossEntropyLoss(), [x], y)
    found = model.weight.grad
    assert found.stride() == model.weight.stride()
    model.zero_grad()
    nn.CrossEntropyLoss()(model(x), y).backward()
    torch.testing.assert_close(found, model.weight.grad)


@pytest.mark.parametrize("arch", ["cnn", "inception", "resnet"])
def test_fused_optimizer_with_channels_last(arch):
    """It goes through weights and gradients as they lie in memory: both must lie alike."""
    x, y = torch.randn(20, 1, 28, 28), torch.randint(0, 10, (20,))
    weights = []
    for count in (1, 2):
        torch.manual_seed(0)
        model = MODELS[arch]().to(memory_format=torch.channels_last)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
        with Parts(count) as parts:
            for _ in range(2):
                parts.backward(model, nn.CrossEntropyLoss(), [x], y)
                for parameter in model.parameters():
                    assert parameter.grad.stride() == parameter.stride()
                optimizer.step()
        weights.append(model.state_dict())
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize(
    ("batch_size", "threads", "parts"), [(64, 2, 2), (64, 1, 1), (63, 2, 1), (1, 8, 1), (512, 4, 4)]
)
def test_number_of_parts(batch_size, threads, parts):
    torch.set_num_threads(threads)
    assert parts_of(batch_size, CPU) == parts
    assert parts_of(batch_size, torch.device("cuda")) == 1

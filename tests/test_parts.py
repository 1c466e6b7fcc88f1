"""A batch in parts gives the whole batch's loss, gradients and outputs."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.batches import InMemory, PaddedSequences, batched
from ptnotes.engine import fit
from ptnotes.models.mnist import CNN
from ptnotes.parts import Parts, parts_of
from ptnotes.rows import EpochRow
from ptnotes.topics.names import RNNClassifier
from ptnotes.training import Training

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
    torch.testing.assert_close(loss, criterion(model(*inputs), targets).detach())


def trained(parts):
    torch.manual_seed(0)
    x, y = torch.randn(100, 1, 28, 28), torch.randint(0, 10, (100,))
    model = CNN()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    batches = batched(InMemory(x, y, device=CPU), 64, shuffle=True)
    training = Training(model, optimizer, started=0.0)
    events = fit(
        training, nn.CrossEntropyLoss(), batches, batches, epochs=2, device=CPU, parts=parts
    )
    return [event for event in events if isinstance(event, EpochRow)][-1], model.state_dict()


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


def test_error_in_a_part_comes_through():
    with Parts(2) as parts, pytest.raises(RuntimeError):
        parts.backward(nn.Linear(5, 3), nn.CrossEntropyLoss(), [torch.ones(4, 7)], torch.zeros(4))


@pytest.mark.parametrize(
    ("batch_size", "threads", "parts"), [(64, 2, 2), (64, 1, 1), (63, 2, 1), (1, 8, 1), (512, 4, 4)]
)
def test_number_of_parts(batch_size, threads, parts):
    torch.set_num_threads(threads)
    assert parts_of(batch_size, CPU) == parts
    assert parts_of(batch_size, torch.device("cuda")) == 1

"""A batch in shards gives the batch's loss, gradients and outputs; threads change no bit."""

import threading

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine.loading import PaddedSequences, make_loader
from ptnotes.engine.shards import Shards
from ptnotes.models.mnist import MODELS
from ptnotes.topics.names import RNNClassifier

CPU = torch.device("cpu")


def loss_of(model, criterion):
    return lambda *batch: criterion(model(*batch[:-1]), batch[-1])


@given(st.integers(1, 40), st.integers(1, 5), st.sampled_from(["mean", "sum"]))
def test_shards_add_up(samples, count, reduction):
    torch.manual_seed(samples)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss(reduction=reduction)
    x, y = torch.randn(samples, 5), torch.randint(0, 3, (samples,))
    whole = criterion(model(x), y)
    gradients = torch.autograd.grad(whole, [*model.parameters()])
    with Shards(count, model, criterion) as shards:
        loss = shards.backward(loss_of(model, criterion), x, y)
        outputs = shards.forward(x)
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close(tuple(p.grad for p in model.parameters()), gradients)
    torch.testing.assert_close(outputs, model(x).detach())


def test_packed_sequences_stay_sorted():
    torch.manual_seed(0)
    lengths = torch.randint(1, 12, (70,))
    codes = torch.randint(1, 128, (70, 12))
    data = PaddedSequences(codes, lengths, torch.randint(0, 4, (70,)), device=CPU)
    codes, lengths, labels = next(iter(make_loader(data, 70)))
    model, criterion = RNNClassifier(4), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        loss = shards.backward(loss_of(model, criterion), codes, lengths, labels)
        outputs = shards.forward(codes, lengths)
    torch.testing.assert_close(outputs, model(codes, lengths).detach())
    gradients = [parameter.grad for parameter in model.parameters()]
    model.zero_grad()
    whole = criterion(model(codes, lengths), labels)
    whole.backward()
    torch.testing.assert_close(loss, whole.detach())
    torch.testing.assert_close(gradients, [parameter.grad for parameter in model.parameters()])


def trained(arch, count, threads):
    """The weights after four updates, and the outputs for a batch."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    x, y = torch.randn(61, 1, 28, 28), torch.randint(0, 10, (61,))
    model, criterion = MODELS[arch](), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    with Shards(count, model, criterion) as shards:
        for _ in range(4):
            optimizer.zero_grad()
            shards.backward(loss_of(model, criterion), x, y)
            optimizer.step()
        return {**model.state_dict(), "outputs": shards.forward(x)}


@pytest.mark.parametrize("count", [1, 2, 4])
@pytest.mark.parametrize("arch", ["mlp", "cnn"])
def test_threads_change_no_bit(arch, count):
    one, *others = (trained(arch, count, threads) for threads in (1, 2, 3, 8))
    for other in others:
        torch.testing.assert_close(other, one, rtol=0, atol=0)


def test_gradients_are_added_to_those_there():
    """As loss.backward() does."""
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
        once = model.weight.grad.clone()
        shards.backward(loss_of(model, criterion), x, y)
    torch.testing.assert_close(model.weight.grad, 2 * once)


def test_torchs_threads_are_given_back():
    torch.set_num_threads(2)
    model = nn.Linear(5, 3)
    with pytest.raises(ZeroDivisionError), Shards(2, model, nn.CrossEntropyLoss()):
        assert torch.get_num_threads() == 1
        assert workers()
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2
    assert not workers()


def workers():
    return [thread for thread in threading.enumerate() if thread.name == "shard"]


class Picky(nn.Linear):
    """Refuses 13, wherever it stands."""

    def forward(self, x):
        if (x == 13).any():
            raise ValueError("13")
        return super().forward(x)


@pytest.mark.parametrize("place", [0, 1])  # the caller's own shard, and the worker's
def test_error_in_a_shard_is_raised(place):
    torch.set_num_threads(2)
    x, y = torch.ones(4, 5), torch.zeros(4).long()
    x[place] = 13
    model, criterion = Picky(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        with pytest.raises(ValueError, match="13"):
            shards.backward(loss_of(model, criterion), x, y)
        x[place] = 1
        shards.backward(loss_of(model, criterion), x, y)  # the workers still work
    assert torch.get_num_threads() == 2


class Transposed(nn.Module):
    """A weight whose gradient autograd returns transposed in memory."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(5, 3))

    def forward(self, x):
        return (x * self.weight.t()).sum(2)


def test_gradient_of_another_layout_than_its_weight():
    torch.manual_seed(0)
    x, y = torch.randn(6, 3, 5), torch.randint(0, 3, (6,))
    model, criterion = Transposed(), nn.CrossEntropyLoss()
    (other_layout,) = torch.autograd.grad(model(x).sum(), [model.weight])
    assert other_layout.stride() != model.weight.stride()
    with Shards(2, model, criterion) as shards:
        shards.backward(loss_of(model, criterion), x, y)
    found = model.weight.grad
    assert found.stride() == model.weight.stride()
    model.zero_grad()
    criterion(model(x), y).backward()
    torch.testing.assert_close(found, model.weight.grad)


@pytest.mark.parametrize("arch", ["cnn", "inception", "resnet"])
def test_fused_optimizer_with_channels_last(arch):
    """It goes through weights and gradients in memory order: both need one layout."""
    x, y = torch.randn(20, 1, 28, 28), torch.randint(0, 10, (20,))
    weights = []
    for count in (1, 2):
        torch.manual_seed(0)
        model, criterion = (
            MODELS[arch]().to(memory_format=torch.channels_last),
            nn.CrossEntropyLoss(),
        )
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, fused=True)
        with Shards(count, model, criterion) as shards:
            for _ in range(2):
                optimizer.zero_grad()
                shards.backward(loss_of(model, criterion), x, y)
                for parameter in model.parameters():
                    assert parameter.grad.stride() == parameter.stride()
                optimizer.step()
        weights.append(model.state_dict())
    torch.testing.assert_close(*weights, rtol=1e-3, atol=1e-5)


def test_after_its_end_the_caller_computes():
    torch.set_num_threads(2)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    with Shards(2, model, criterion) as shards:
        inside = shards.forward(torch.ones(4, 5))
    assert torch.equal(shards.forward(torch.ones(4, 5)), inside)


def test_parameter_that_is_not_used_gets_no_gradient():
    """As with loss.backward()."""
    model, criterion = (
        nn.ModuleDict({"used": nn.Linear(5, 3), "not": nn.Linear(5, 3)}),
        nn.CrossEntropyLoss(),
    )
    x, y = torch.randn(8, 5), torch.randint(0, 3, (8,))
    with Shards(2, model, criterion) as shards:
        shards.backward(lambda x, y: criterion(model["used"](x), y), x, y)
    assert model["used"].weight.grad is not None
    assert model["not"].weight.grad is None


def test_empty_batch():
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    for count in (1, 2):
        with Shards(count, model, criterion) as shards, pytest.raises(ValueError, match="empty"):
            shards.backward(loss_of(model, criterion), torch.empty(0, 5), torch.empty(0).long())

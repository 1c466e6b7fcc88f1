"""N processes that share a batch's shards have the gradients of one, to the bit."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from ptnotes.engine import distributed
from ptnotes.engine.loop import evaluate
from ptnotes.engine.shards import Shards
from ptnotes.models.mnist import MODELS


class Sent(Exception):
    """What a process would send."""


def gradients(model, criterion, count, batch, monkeypatch, rank=0, size=1, others=None):
    """The loss and the gradients on one process; without ``others`` raises Sent at the exchange."""

    def all_gather(own, senders):
        if others is None:
            raise Sent(own.clone())
        return [each.clone() for each in others[:senders]]  # they are added in place

    monkeypatch.setattr(distributed, "sharing", lambda: (rank, size))
    monkeypatch.setattr(distributed, "all_gather", all_gather)
    model.zero_grad()

    def loss_of(*found):
        return criterion(model(*found[:-1]), found[-1])

    with Shards(count, model, criterion) as shards:
        loss = shards.backward(loss_of, *batch)
    return [loss, *(parameter.grad for parameter in model.parameters())]


def of_processes(model, criterion, count, batch, size, monkeypatch):
    """The same on each of ``size`` processes."""
    sent = []
    for rank in range(size):
        with pytest.raises(Sent) as raised:
            gradients(model, criterion, count, batch, monkeypatch, rank, size)
        sent.append(raised.value.args[0])
    assert len({each.shape for each in sent}) == 1
    return [
        gradients(model, criterion, count, batch, monkeypatch, rank, size, sent)
        for rank in range(size)
    ]


def equal(one, two):
    return all(a is b or torch.equal(a, b) for a, b in zip(one, two, strict=True))


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 8), st.integers(2, 5))
def test_any_batch_any_number(samples, count, size):
    """A batch of one, of K - 1, processes without a shard, shards that can't be shared evenly."""
    torch.manual_seed(samples)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    model.unused = nn.Parameter(torch.zeros(4))
    batch = torch.randn(samples, 5), torch.randint(0, 3, (samples,))
    with pytest.MonkeyPatch.context() as monkeypatch:
        one = gradients(model, criterion, count, batch, monkeypatch)
        assert one[-1] is None  # the parameter that nothing uses
        for found in of_processes(model, criterion, count, batch, size, monkeypatch):
            assert equal(found, one)


@pytest.mark.parametrize("arch", MODELS)
def test_networks(arch, monkeypatch):
    torch.manual_seed(0)
    model = MODELS[arch]().to(memory_format=torch.channels_last)
    criterion = nn.CrossEntropyLoss()
    batch = torch.randn(13, 1, 28, 28), torch.randint(0, 10, (13,))
    one = gradients(model, criterion, 4, batch, monkeypatch)
    for found in of_processes(model, criterion, 4, batch, 3, monkeypatch):
        assert equal(found, one)
        assert [each.stride() for each in found[1:]] == [p.stride() for p in model.parameters()]


def test_evaluation(monkeypatch):
    torch.manual_seed(0)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    batches = [(torch.randn(n, 5), torch.randint(0, 3, (n,))) for n in (7, 7, 7, 2)]
    one = evaluate(Shards(2, model, criterion), criterion, batches)
    found = []

    def gather(own):
        found.append(own)
        return found if len(found) == 3 else [own] * 3

    monkeypatch.setattr(distributed, "gather_everywhere", gather)
    for rank in range(3):
        monkeypatch.setattr(distributed, "sharing", lambda rank=rank: (rank, 3))
        last = evaluate(Shards(2, model, criterion), criterion, batches)
    assert last == one


@pytest.mark.skipif(
    not torch.ops.mkldnn._is_mkldnn_bf16_supported(), reason="this CPU has no bf16 instructions"
)
def test_bf16_is_near(monkeypatch):
    torch.manual_seed(0)
    model, criterion = MODELS["cnn"](), nn.CrossEntropyLoss()
    batch = torch.randn(16, 1, 28, 28), torch.randint(0, 10, (16,))
    outputs = {}
    for precision in ("fp32", "bf16"):
        with Shards(2, model, criterion, precision=precision) as shards:
            outputs[precision] = shards.forward(batch[0])
    assert outputs["bf16"].dtype == torch.float32
    assert not torch.equal(*outputs.values())
    torch.testing.assert_close(*outputs.values(), rtol=0.1, atol=0.05)


def test_an_idle_process_sends_nothing(monkeypatch):
    """Five processes, a batch of two: what a step needs is two buffers."""
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    batch = torch.randn(2, 5), torch.randint(0, 3, (2,))
    asked = []
    monkeypatch.setattr(distributed, "sharing", lambda: (4, 5))

    def all_gather(own, senders):
        asked.append((senders, own.numel()))
        return [torch.zeros_like(own)] * senders

    monkeypatch.setattr(distributed, "all_gather", all_gather)
    with Shards(8, model, criterion) as shards:
        shards.backward(lambda x, y: criterion(model(x), y), *batch)
    assert asked == [(2, 1 + 2 + 18)]  # a loss, two parameters used or not, their gradients


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_gpu_computes_what_a_cpu_does(precision):
    torch.manual_seed(0)
    criterion = nn.CrossEntropyLoss()
    batch = torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))
    losses = []
    for device in ("cpu", "cuda"):
        torch.manual_seed(1)
        network = MODELS["cnn"]().to(device)

        def loss_of(x, y, network=network):
            return criterion(network(x), y)

        with Shards(2, network, criterion, precision=precision) as shards:
            loss = shards.backward(loss_of, *(each.to(device) for each in batch))
        losses.append(loss.item())
    assert losses[0] == pytest.approx(losses[1], rel=0.02 if precision == "bf16" else 1e-4)

"""The bookkeeping on the CPU, with a stand-in for the capture; the graph itself where a GPU is."""

import pytest
import torch
from torch import nn

import ptnotes
from ptnotes.engine import graphs
from ptnotes.engine.shards import Shards
from ptnotes.errors import PtnotesWarning
from ptnotes.models.mnist import MODELS

SIZES = (16, 16, 16, 16, 5, 16, 16, 5)  # of batches: full ones, and the short last of two epochs


@pytest.fixture
def captures(monkeypatch):
    """The shapes that were captured; a replay computes again into the same tensors."""
    captured = []

    def capture(compute, inputs):
        captured.append(tuple(inputs[0].shape))
        found = compute(*inputs)

        def replay():
            loss, gradients = compute(*inputs)
            found[0].copy_(loss)
            for own, gradient in zip(found[1], gradients, strict=True):
                own.copy_(gradient)

        return replay, found

    monkeypatch.setattr(graphs, "capturable", lambda tensor: True)
    monkeypatch.setattr(graphs, "capture", capture)
    return captured


def trained(captured, device="cpu", accumulated=1, precision="fp32", waits=False):
    """The losses of a few batches and the weights after them; ``waits``: the forward pass does."""
    torch.manual_seed(0)
    network = MODELS["cnn"]().to(device, memory_format=torch.channels_last)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9, fused=True)
    losses = []

    def loss_of(x, y):
        loss = criterion(network(x), y)
        return loss + 0 * loss.item() if waits else loss

    with Shards(2, network, criterion, precision=precision, captured=captured) as shards:
        for step, size in enumerate(SIZES):
            images, labels = torch.randn(size, 1, 28, 28), torch.randint(0, 10, (size,))
            losses.append(shards.backward(loss_of, images.to(device), labels.to(device)))
            if step % accumulated == accumulated - 1:
                optimizer.step()
                optimizer.zero_grad()
    return torch.stack(losses).cpu(), [each.detach().cpu() for each in network.parameters()]


@pytest.mark.parametrize("accumulated", [1, 2])
def test_the_same_bits_with_a_graph(captures, accumulated):
    """Also where gradients of two batches are added: those of a graph lie at one place."""
    losses, weights = trained(True, accumulated=accumulated)
    assert captures == [(16, 1, 28, 28)]  # the full batch, once
    wanted, others = trained(False, accumulated=accumulated)
    assert torch.equal(losses, wanted)
    assert all(map(torch.equal, weights, others))
    assert len(captures) == 1


def test_what_cannot_be_captured_is_computed_without(captures, monkeypatch):
    tried = []

    def refuse(compute, inputs):
        tried.append(1)
        raise RuntimeError("operation not permitted when stream is capturing\nCUDA kernel errors …")

    monkeypatch.setattr(graphs, "capture", refuse)
    with pytest.warns(PtnotesWarning, match="not permitted when stream is capturing$"):
        losses, _ = trained(True)
    assert tried == [1]
    assert torch.equal(losses, trained(False)[0])


def test_none_on_the_cpu_and_where_it_is_switched_off(monkeypatch):
    class OnGpu:
        is_cuda = True

    assert not graphs.capturable(torch.zeros(1))
    assert graphs.capturable(OnGpu())
    monkeypatch.setenv("PTNOTES_CUDA_GRAPHS", "0")
    assert not graphs.capturable(OnGpu())


def test_a_lesson_with_a_graph(captures, monkeypatch):
    """mnist asks for one, and nothing of its result changes."""
    options = {"data": "sample", "epochs": 2, "quiet": True, "batch_size": 100}
    run = ptnotes.train("mnist", **options)
    assert len(captures) == 1
    monkeypatch.setattr(graphs, "capturable", lambda tensor: False)
    other = ptnotes.train("mnist", **options)
    assert run.history["train_loss"].tolist() == other.history["train_loss"].tolist()
    assert run.result["test_loss"] == other.result["test_loss"]


def counted(monkeypatch):
    """The captures from here on."""
    calls = []
    own = graphs.capture

    def capture(compute, inputs):
        calls.append(inputs[0].device)
        return own(compute, inputs)

    monkeypatch.setattr(graphs, "capture", capture)
    monkeypatch.delenv("PTNOTES_CUDA_GRAPHS", raising=False)
    return calls


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("device", ["cuda:0", "cuda:1"])
@pytest.mark.filterwarnings("error::ptnotes.errors.PtnotesWarning")
def test_a_graph_on_a_gpu(device, precision, monkeypatch):
    if torch.device(device).index >= torch.cuda.device_count():
        pytest.skip("needs a second GPU")
    calls = counted(monkeypatch)
    losses, weights = trained(True, device, precision=precision)
    assert calls == [torch.device(device)]
    wanted, others = trained(False, device, precision=precision)
    tolerance = 1e-5 if precision == "fp32" else 1e-2
    assert torch.allclose(losses, wanted, rtol=tolerance, atol=0)
    for one, other in zip(weights, others, strict=True):
        assert torch.allclose(one, other, rtol=tolerance, atol=tolerance)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_forward_pass_that_waits_for_the_gpu(monkeypatch):
    calls = counted(monkeypatch)
    stream = torch.cuda.current_stream()
    with pytest.warns(PtnotesWarning, match="no CUDA graph"):
        losses, _ = trained(True, "cuda", waits=True)
    assert len(calls) == 1
    assert torch.allclose(losses, trained(False, "cuda", waits=True)[0], rtol=1e-5, atol=0)
    assert torch.cuda.current_stream() == stream
    torch.cuda.empty_cache()

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


def trained(captured, device="cpu", accumulated=1, precision="fp32"):
    """The losses of a few batches and the weights after them."""
    torch.manual_seed(0)
    network = MODELS["cnn"]().to(device)
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
    losses = []

    def loss_of(x, y):
        return criterion(network(x), y)

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


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.filterwarnings("error")
def test_a_graph_on_a_gpu(precision):
    losses, _ = trained(True, "cuda", precision=precision)
    wanted, _ = trained(False, "cuda", precision=precision)
    assert torch.allclose(losses, wanted, rtol=1e-5 if precision == "fp32" else 1e-2, atol=0)

"""A network's operations and weights, and what a page can't run."""

import pytest
import torch
from torch import nn

from ptnotes.errors import InternalError
from ptnotes.models.mnist import MODELS
from ptnotes.page.graph import trace
from ptnotes.topics import diabetes, names


@pytest.mark.parametrize("arch", MODELS)
def test_every_weight_once(arch):
    model = MODELS[arch]()
    graph = trace(model.eval())
    flat = graph.flat_weights()
    assert len(flat) == sum(parameter.numel() for parameter in model.parameters())
    assert graph.inputs == ["x"]
    assert graph.operations[-1]["op"] == "output"
    layer = dict(model.named_modules())[graph.operations[-2]["name"]]
    place, *shape = graph.operations[-2]["weight"]
    assert shape == list(layer.weight.shape)
    assert torch.equal(flat[place : place + layer.weight.numel()], layer.weight.flatten())


def test_names_and_diabetes():
    graph = trace(names.RNNClassifier(18).eval())
    assert [each["op"] for each in graph.operations if each["op"] == "gru"] == ["gru"]
    assert len(graph.flat_weights()) == 318_818
    assert [each["op"] for each in trace(diabetes.Model().eval()).operations][-2:] == [
        "sigmoid",
        "output",
    ]


@pytest.mark.parametrize(
    "model",
    [
        nn.Sequential(nn.Tanh()),
        nn.Sequential(nn.Conv2d(2, 2, 3, groups=2)),
        nn.Sequential(nn.Linear(2, 2, bias=False)),
    ],
    ids=["layer", "groups", "bias"],
)
def test_what_a_page_can_not_run(model):
    with pytest.raises(InternalError, match="page"):
        trace(model.eval())

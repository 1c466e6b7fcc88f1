"""Shapes, parameters and multiply-adds against independent counts, on every network."""

import warnings
from math import prod

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from ptnotes.datasets import names
from ptnotes.inspect.layers import PASSES, WARM_UP, steps, time_shares
from ptnotes.models.mnist import MODELS
from ptnotes.topics import diabetes, linreg, logistic, seq
from ptnotes.topics.names import RNNClassifier

IMAGE = (torch.rand(1, 1, 28, 28),)


def counted_by_torch(network, inputs):
    """torch counts a product and its sum as two operations; of oneDNN's LSTM it sees none."""
    with warnings.catch_warnings(action="ignore"):  # that oneDNN can't do what it isn't asked for
        with torch.backends.mkldnn.flags(enabled=False), torch.no_grad():
            with FlopCounterMode(display=False) as counter:
                network(*inputs)
    return counter.get_total_flops() / 2


def parameters_of(network):
    return sum(each.numel() for each in network.parameters())


def seen_by_hooks(network, inputs):
    """(layer, output) of every call of a layer without sublayers."""
    seen = []
    for name, layer in network.named_modules():
        if not list(layer.children()):
            layer.register_forward_hook(
                lambda _, inputs, output, name=name: seen.append((name, output[0].clone()))
            )
    network(*inputs)
    return seen


@pytest.mark.parametrize("arch", MODELS)
def test_networks_for_digits(arch):
    network = MODELS[arch]().eval()
    found = steps(network, IMAGE)
    assert sum(each.parameters for each in found) == parameters_of(network)
    assert sum(each.multiply_adds for each in found) == counted_by_torch(network, IMAGE)
    layers = [(each.layer, each.output) for each in found if each.kind != "function"]
    expected = seen_by_hooks(network, IMAGE)
    assert [name for name, _ in layers] == [name for name, _ in expected]
    for (_, one), (_, other) in zip(layers, expected, strict=True):
        assert torch.equal(one, other)


def test_counts_by_hand():
    """10 maps of 24×24 from 1 channel with 5×5 weights, and so on (notes, line 661)."""
    by_layer = {each.layer: each for each in steps(MODELS["cnn"](), IMAGE)}
    expected = {
        "conv1": (10 * 1 * 25 + 10, 10 * 24 * 24 * 1 * 25, (10, 24, 24)),
        "conv2": (20 * 10 * 25 + 20, 20 * 8 * 8 * 10 * 25, (20, 8, 8)),
        "flatten": (0, 0, (320,)),
        "fc": (320 * 10 + 10, 320 * 10, (10,)),
    }
    for layer, numbers in expected.items():
        step = by_layer[layer]
        assert (step.parameters, step.multiply_adds, tuple(step.output.shape)) == numbers


def test_branches_in_the_order_in_which_they_run():
    found = [each.layer for each in steps(MODELS["inception"](), IMAGE)]
    branches = [layer.partition(".")[2] for layer in found if layer.startswith("incep1.")]
    assert branches == [
        *("branch1x1", "branch5x5_1", "branch5x5_2", "branch3x3_1", "branch3x3_2", "branch3x3_3"),
        *("avg_pool2d", "branch_pool", "cat"),
    ]
    assert found.index("conv2") < found.index("incep2.branch1x1") < found.index("flatten")


def test_functions_of_a_residual_block():
    found = [(each.layer, each.kind) for each in steps(MODELS["resnet"](), IMAGE)]
    first = found.index(("rblock1.conv1", "Conv2d"))
    assert found[first : first + 5] == [
        ("rblock1.conv1", "Conv2d"),
        ("rblock1.relu", "function"),
        ("rblock1.conv2", "Conv2d"),
        ("rblock1.add", "function"),
        ("rblock1.relu", "function"),
    ]


@pytest.mark.parametrize("name", ["X", "Yamamoto"])
def test_gru_on_a_packed_sequence(name):
    network = RNNClassifier(18).eval()
    inputs = names.pad([names.encode(name)])
    found = {each.layer: each for each in steps(network, inputs)}
    length, hidden = len(name), 100
    # two layers, two directions, three gates: the first layer reads 100 features, the second 200
    gates = 2 * 3 * hidden * (hidden + hidden) + 2 * 3 * hidden * (2 * hidden + hidden)
    assert [*found] == ["embedding", "gru", "cat", "fc"]
    assert found["embedding"].multiply_adds == 0
    assert found["gru"].multiply_adds == length * gates
    assert found["fc"].multiply_adds == 200 * 18
    assert tuple(found["embedding"].output.shape) == (length, hidden)
    assert tuple(found["gru"].output.shape) == (length, 2 * hidden)
    assert tuple(found["fc"].output.shape) == (18,)
    assert sum(each.parameters for each in found.values()) == parameters_of(network)
    counted = nn.GRU(hidden, hidden, 2, bidirectional=True)
    assert counted_by_torch(counted, [torch.rand(length, 1, hidden)]) == length * gates
    with torch.no_grad():
        assert torch.allclose(found["fc"].output, network(*inputs)[0], atol=1e-6)


@pytest.mark.parametrize(("cell", "via"), seq.PAIRS)
@pytest.mark.parametrize("recipe", ["notes", "tuned"])
def test_networks_for_hello(cell, via, recipe):
    network = seq.build_model(vars(seq.RECIPES[recipe][cell, via]), ())
    found = steps(network, (seq.X_DATA,), batched=False)
    assert sum(each.parameters for each in found) == parameters_of(network)
    assert sum(each.multiply_adds for each in found) == counted_by_torch(network, [seq.X_DATA])
    assert prod(found[-1].output.shape) == 20


@pytest.mark.parametrize(
    ("network", "features", "layers"),
    [
        (diabetes.Model(), 8, ["linear1", "sigmoid", "linear2", "sigmoid", "linear3", "sigmoid"]),
        (diabetes.Model(relu=True), 8, ["linear1", "hidden", "linear2", "hidden", "linear3"]),
        (linreg.LinearModel(), 1, ["linear"]),
        (logistic.LogisticRegressionModel(), 1, ["linear", "sigmoid"]),
    ],
)
def test_linear_networks(network, features, layers):
    inputs = (torch.rand(1, features),)
    found = steps(network, inputs)
    assert [each.layer for each in found][: len(layers)] == layers
    assert sum(each.parameters for each in found) == parameters_of(network)
    assert sum(each.multiply_adds for each in found) == counted_by_torch(network, inputs)


def test_nothing_is_left_behind():
    network = MODELS["inception"]()
    steps(network, IMAGE)
    time_shares(network, IMAGE)
    for layer in network.modules():
        assert not layer._forward_hooks
        assert not layer._forward_pre_hooks


def test_shares_of_time():
    """A layer of 100 times another's work takes most of the time; the shares are of the whole."""
    calls = []

    class Unequal(nn.Module):
        def __init__(self):
            super().__init__()
            self.small, self.large = nn.Linear(1000, 10), nn.Linear(1000, 1000)

        def forward(self, x):
            calls.append(1)
            return torch.cat([self.small(x), self.large(x)], dim=1)

    network = Unequal()
    shares = dict(
        zip(
            [each.layer for each in steps(network, [torch.rand(64, 1000)])],
            time_shares(network, [torch.rand(64, 1000)]),
            strict=True,
        )
    )
    assert len(calls) == 1 + WARM_UP + PASSES
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["large"] > shares["small"]

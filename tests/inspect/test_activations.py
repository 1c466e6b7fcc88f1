"""Gradient × input against finite differences; prefixes; principal components."""

import numpy as np
import pytest
import torch
from torch import nn

from ptnotes.datasets import names
from ptnotes.inspect import activations
from ptnotes.models.mnist import MODELS
from ptnotes.topics.diabetes import Model
from ptnotes.topics.names import RNNClassifier

STEP = 1e-6


def difference(function, place):
    """The central difference of a function of one number."""
    return (function(place + STEP) - function(place - STEP)) / (2 * STEP)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.mark.parametrize("arch", ["mlp", "cnn"])
def test_pixels(arch):
    """Of float64, where a difference of 1e-6 crosses hardly a corner of ReLU or pooling."""
    network = MODELS[arch]().double().eval()
    network.register_forward_pre_hook(lambda _, inputs: (inputs[0].double(),))
    image = torch.randint(0, 256, (28, 28), dtype=torch.uint8)
    image[:3] = 0
    found = activations.of_pixels(network, image, 0.1307, 0.3081, label=4)
    assert found.shape == (28, 28)
    assert not found[:3].any()

    def score(row, column, level):
        levels = image.double() / 255
        levels[row, column] = level
        with torch.no_grad():
            return network(((levels - 0.1307) / 0.3081).view(1, 1, 28, 28))[0, 4].item()

    for row, column in ((5, 5), (14, 13), (20, 9)):
        level = image[row, column].item() / 255
        slope = difference(lambda value, at=(row, column): score(*at, value), level)
        assert found[row, column].item() == pytest.approx(slope * level, rel=1e-3, abs=1e-5)


def test_features():
    network = Model().double()
    row = torch.rand(8, dtype=torch.double)
    found = activations.of_features(network, row)

    def logit(index, value):
        changed = row.clone()
        changed[index] = value
        with torch.no_grad():
            return torch.logit(network(changed.unsqueeze(0))).item()

    for index in range(8):
        value = row[index].item()
        slope = difference(lambda value, index=index: logit(index, value), value)
        assert found[index].item() == pytest.approx(slope * value, rel=1e-4)


def test_characters():
    """The embeddings of a name without a repeated character, one at a time scaled."""
    network = RNNClassifier(5).double().eval()
    inputs = names.pad([names.encode("Rosti")])
    found = activations.of_characters(network, inputs, label=2)
    assert found.shape == (5,)

    def score(code, factor):
        weight = network.embedding.weight
        kept = weight[code].clone()
        with torch.no_grad():
            weight[code] *= factor
            result = network(*inputs)[0, 2].item()
            weight[code] = kept
        return result

    for place, code in enumerate(inputs[0][0].tolist()):
        slope = difference(lambda factor, code=code: score(code, factor), 1.0)
        assert found[place].item() == pytest.approx(slope, rel=1e-4)


def test_prefixes():
    network = RNNClassifier(5).eval()
    codes = names.encode("Rossi")
    found = activations.by_prefix(network, codes)
    assert found.shape == (5, 5)
    for length in range(1, 6):
        with torch.no_grad():
            alone = network(*names.pad([codes[:length]])).softmax(dim=1)
        assert torch.allclose(found[length - 1], alone[0], atol=1e-6)


def test_filters():
    name, values = activations.filters(cnn := MODELS["cnn"]())
    assert name == "conv1"
    assert torch.equal(values, cnn.conv1.weight[:, 0])
    name, values = activations.filters(mlp := MODELS["mlp"]())
    assert name == "l1"
    assert torch.equal(values[7].flatten(), mlp.l1.weight[7])


def test_principal_components():
    """Points on a line and a little beside it: the line is the first component."""
    rng = np.random.default_rng(0)
    along, beside = np.array([3, 4, 0]) / 5, np.array([0, 0, 1])
    places = rng.normal(0, 100, 200), rng.normal(0, 1, 200)
    vectors = np.outer(places[0], along) + np.outer(places[1], beside) + 7
    points, shares = activations.principal_components(torch.from_numpy(vectors))
    assert points.shape == (200, 2)
    assert np.abs(np.corrcoef(points[:, 0], places[0])[0, 1]) > 0.999
    assert np.abs(np.corrcoef(points[:, 1], places[1])[0, 1]) > 0.99
    assert shares == pytest.approx(points.var(axis=0) / vectors.var(axis=0).sum())
    again = activations.principal_components(torch.from_numpy(-vectors))
    assert np.allclose(again.points, -points)  # the directions are the same


def test_vectors_that_are_all_alike():
    points, shares = activations.principal_components(torch.ones(4, 3))
    assert not points.any()
    assert np.isfinite(shares).all()


def test_map_of_letters():
    network = nn.Module()
    network.embedding = nn.Embedding(names.CHARACTERS, 6)
    found = activations.letter_map(network)
    assert found.points.shape == (52, 2)
    assert np.allclose(found.points.mean(axis=0), 0)

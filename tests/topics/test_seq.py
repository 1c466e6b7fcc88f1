import pytest
import torch

from ptnotes.topics.seq import MODELS, X_DATA, build_model, decode

CELLS = ["rnn", "lstm", "gru"]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("via", MODELS)
def test_shape(cell, via):
    assert MODELS[via](cell)(X_DATA).shape == (5, 4)


def test_decode():
    assert decode(torch.eye(4)[[3, 1, 2, 3, 2]]) == "ohlol"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("via", MODELS)
def test_learns_ohlol(document, cell, via):
    found = document("seq", "--cell", cell, "--via", via)
    assert found["result"]["text"] == "ohlol"
    assert found["history"][-1]["text"] == "ohlol"
    assert found["history"][0]["train_loss"] > found["history"][-1]["train_loss"]


@pytest.mark.parametrize("cell", CELLS)
def test_cell_and_layer_are_one_computation(cell):
    torch.manual_seed(0)
    by_cell, by_layer = MODELS["cell"](cell), MODELS["layer"](cell)
    for ours, theirs in zip(by_cell.parameters(), by_layer.parameters(), strict=True):
        theirs.data.copy_(ours.data)
    assert torch.allclose(by_cell(X_DATA), by_layer(X_DATA), atol=1e-6)


def test_state_as_logits_bounds_the_loss(document):
    """|tanh| < 1: the loss per character stays above ln(1 + 3e⁻²) = 0.3408 (errata, line 902)."""
    found = document("seq", "--cell", "rnn", "--via", "layer", "--epochs", "400")
    assert found["history"][-1]["train_loss"] > 0.3407


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    "via",
    ["cell", *(pytest.param(each, marks=pytest.mark.slow) for each in ("layer", "embedding"))],
)
def test_tuned_learns_with_any_seed(document, cell, via):
    assert build_model({"cell": cell, "via": via, "head": True}, ())(X_DATA).shape == (5, 4)
    arguments = ["--cell", cell, "--via", via, "--recipe", "tuned", "--seed", "0", "--seeds", "8"]
    found = document("seq", *arguments)
    assert found["result"]["solved"] == 1


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("via", MODELS)
@pytest.mark.slow
def test_tuned_learns_with_a_hundred_seeds(document, cell, via):
    arguments = ["--cell", cell, "--via", via, "--recipe", "tuned", "--seed", "0", "--seeds", "100"]
    assert document("seq", *arguments)["result"]["solved"] >= 0.99

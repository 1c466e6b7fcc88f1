"""Predictions in Python: from a network and a document in memory to a table."""

import pytest
import torch

from ptnotes.errors import DataError, UsageError
from ptnotes.predict.inference import table
from ptnotes.predict.network import build, load
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import load_checkpoint


@pytest.fixture
def names_run(run_of):
    return run_of("names", "--epochs", "8", "--batch-size", "50")


def test_table(names_run):
    found = table(*load(names_run), ["Erikson", "Nová", "-o-"])
    assert len(table(*load(names_run), ["\ud800", "\0", "\udcff"])) == 3
    assert list(found) == ["input", "prediction", "probabilities"]
    assert list(found["input"]) == ["Erikson", "Nová", "-o-"]
    assert list(found["prediction"][:2]) == ["Here", "There"]
    for prediction, probabilities in zip(found["prediction"], found["probabilities"], strict=True):
        assert set(probabilities) == {"Here", "There", "Elsewhere"}
        assert next(iter(probabilities)) == prediction
        shares = list(probabilities.values())
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert not torch.is_inference_mode_enabled()


def test_number_of_inputs(names_run):
    loaded = load(names_run)
    assert list(table(*loaded, "Erikson")["input"]) == ["Erikson"]
    nothing = table(*loaded, [])
    assert len(nothing) == 0
    assert list(nothing) == ["input", "prediction", "probabilities"]


def test_standard_input_is_not_read(names_run):
    with pytest.raises(UsageError, match="standard input"):
        table(*load(names_run), ["-"])


def test_network_of_a_run_that_takes_no_input(run_of):
    run = run_of("linreg", "--epochs", "4")
    document, weights = documents.read(run), load_checkpoint(run / "model.pt")
    network = build(document, weights)
    assert not network.training
    assert network(torch.ones(1, 1)).shape == (1, 1)
    with pytest.raises(UsageError, match="run of linreg"):
        table(document, network, ["1"])


def test_weights_of_another_network(names_run, run_of):
    weights = load_checkpoint(run_of("linreg", "--epochs", "4") / "model.pt")
    with pytest.raises(DataError, match="not of the network"):
        build(documents.read(names_run), weights)


def test_diverged_network(names_run):
    document, network = load(names_run)
    with torch.no_grad():
        next(network.parameters()).fill_(torch.nan)
    with pytest.raises(DataError, match=r"Erikson: .* diverged"):
        table(document, network, ["Erikson"])

"""lr-find: the loss while the rate rises, what it suggests, what it says of a flat loss."""

import json
import math
from itertools import pairwise

import pytest

from ptnotes import api, lr_find
from ptnotes.errors import PtnotesWarning
from ptnotes.events import Result
from ptnotes.lr_find import RateRow, suggestion


def rows_of(losses):
    """As the command makes them of a training's losses."""
    smoothed, rows = 0.0, []
    for index, loss in enumerate(losses):
        smoothed = lr_find.SMOOTHING * smoothed + (1 - lr_find.SMOOTHING) * loss
        mean = smoothed / (1 - lr_find.SMOOTHING ** (index + 1))
        rows.append(RateRow(index + 1, 1e-7 * 10 ** (index / 20), loss, mean))
    return rows


def test_suggestion_is_below_the_lowest_loss():
    """A loss that falls from 1e-3 on and explodes at 0.1."""
    rates = [1e-7 * 10 ** (index / 20) for index in range(150)]
    losses = [2 / (1 + rate / 1e-2) if rate < 0.1 else 50.0 for rate in rates]
    found = suggestion(rows_of(losses))
    assert found["lowest_loss_lr"] == pytest.approx(0.1, rel=0.2)
    assert found["suggestion"] == pytest.approx(found["lowest_loss_lr"] / 10, rel=0.05)


def test_suggestion_where_the_loss_is_at_its_floor_early():
    """It has fallen at 1e-3, and explodes at 1 only."""
    rates = [1e-7 * 10 ** (index / 20) for index in range(150)]
    losses = [1 + math.exp(-((rate / 3e-4) ** 2)) if rate < 1 else 50.0 for rate in rates]
    found = suggestion(rows_of(losses))
    assert found["suggestion"] == pytest.approx(found["half_fallen_lr"], rel=0.05)
    assert 3e-4 < found["suggestion"] < 2e-3  # the mean is behind the losses
    assert found["suggestion"] < found["lowest_loss_lr"] / 10


@pytest.mark.parametrize("losses", [[1.0, 1.1, 0.9, 1.05] * 40, [1.0] * 8, []])
def test_no_suggestion_without_a_fall(losses):
    with pytest.warns(PtnotesWarning, match="batches differ"):
        found = suggestion(rows_of(losses))
    assert found["suggestion"] is None


@pytest.mark.slow
def test_the_rate_of_linreg_converges(document):
    """Above 0.18, twice the inverse of the loss's largest curvature, every training diverges."""
    found = document("lr-find", "linreg")
    assert found["topic"] == "lr-find"
    assert found["config"]["lesson"] == "linreg"
    assert not {"lr", "schedule", "epochs"} & found["config"].keys()
    rate = found["result"]["suggestion"]
    assert 0.005 < rate < 0.18
    trained = document("linreg", "--lr", str(rate), "--epochs", "4000")
    assert trained["history"][-1]["train_loss"] < 1e-6


def test_the_losses_are_those_of_the_lesson(document):
    """Its first update, at a rate that changes nothing, has the loss of the untrained weights."""
    rows = document("lr-find", "linreg", "--seed", "3")["history"]
    first = document("linreg", "--seed", "3", "--epochs", "1")["history"][0]
    assert rows[0]["loss"] == first["train_loss"]
    rates = [row["lr"] for row in rows]
    assert all(after / rate == pytest.approx(10**0.05) for rate, after in pairwise(rates))
    assert rows[-1]["smoothed_loss"] > 4 * min(row["smoothed_loss"] for row in rows)


@pytest.mark.parametrize(
    "topic", ["mnist", pytest.param("names", marks=pytest.mark.slow), "diabetes", "logistic"]
)
def test_every_topic(topic, document, small_data, tmp_path):
    """mnist's epochs are of 10 updates here, so it takes several."""
    data = [] if topic == "logistic" else ["--data-dir", small_data]
    arch = ["--arch", "mlp"] if topic == "mnist" else []
    small = ["--batch-size", "full"] if topic == "diabetes" else []
    picture = tmp_path / "rates.svg"
    found = document("lr-find", topic, *data, *arch, *small, "--plot", picture)
    rows, result = found["history"], found["result"]
    assert len(rows) == result["updates"] > 60
    assert all(math.isfinite(row["loss"]) for row in rows)
    assert result["suggestion"] is not None
    limits = result["lowest_loss_lr"] / 10, result["half_fallen_lr"]
    assert result["suggestion"] == pytest.approx(min(limits), rel=0.05)
    assert picture.stat().st_size > 5000


@pytest.mark.slow
def test_recipes_and_optimizers(document, cli, small_data):
    notes = document("lr-find", "names", "--data-dir", small_data, "--batch-size", "64")
    tuned = document(
        "lr-find", "names", "--data-dir", small_data, "--batch-size", "64", "--recipe", "tuned"
    )
    assert notes["history"] != tuned["history"]
    assert tuned["config"]["weight_decay"] == 0.01
    adam = document("lr-find", "linreg", "--optimizer", "adam")
    assert adam["config"]["optimizer"] == "adam"


@pytest.mark.parametrize(
    "arguments",
    [
        ["seq"],
        ["linreg", "--arch", "cnn"],
        ["linreg", "--optimizer", "rprop"],
        ["linreg", "--optimizer", "lbfgs"],
        ["mnist", "--optimizer", "rprop", "--sample"],
        ["mnist", "--batch-size", "full", "--sample"],
        ["linreg", "--plot", "rates.jpeg"],
        ["mnist", "--data", "kmnist", "--sample"],
    ],
)
def test_refused_in_a_line(arguments, cli):
    done = cli("lr-find", *arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_a_run_beside_it_is_not_disturbed(small_data):
    """The same weights and losses as alone."""

    def trained(between=lambda: None):
        history = []
        for event in api.events("linreg", epochs=20, device="cpu"):
            between()
            history.append(event)
        return history[-1].values["weight"]

    found = lr_find.run("linreg", {"device": "cpu"})
    assert trained(lambda: next(found, None)) == trained()
    assert any(isinstance(event, Result) for event in found)


def test_json_is_one_document(cli):
    done = cli("lr-find", "logistic", "--json")
    assert json.loads(done.stdout)["result"]["suggestion"]

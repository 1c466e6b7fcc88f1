"""backward, linreg, logistic: the answers that mathematics gives."""

import math

import pytest
import torch

from ptnotes.topics import backward, linreg, logistic


def test_backward(document):
    found = document("backward")
    assert len(found["history"]) == 3000
    assert found["result"]["weight"] == pytest.approx(2, abs=1e-4)
    assert found["result"]["prediction"] == pytest.approx(8, abs=1e-3)
    assert found["result"]["largest_gradient_difference"] <= 1e-6
    first = found["history"][0]  # w = 1, x = 1, y = 2: (2 - 1)² and 2·1·(1 - 2)
    assert (first["w"], first["loss"]) == (1, 1)
    assert first["gradient_by_hand"] == first["gradient_autograd"] == -2
    second = found["history"][1]
    assert second["w"] == pytest.approx(1.02)
    assert second["gradient_by_hand"] == pytest.approx(2 * 2 * (2 * 1.02 - 4))


def test_backward_notices_a_wrong_gradient(document, monkeypatch):
    """The two gradients come from different computations: scaling autograd's loss shows."""
    original = torch.Tensor.backward
    monkeypatch.setattr(
        torch.Tensor,
        "backward",
        lambda loss, *options, **named: original(3 * loss, *options, **named),
    )
    found = document("backward", "--epochs", "2", "--lr", "0.001")
    assert found["result"]["largest_gradient_difference"] > 1


def test_linreg(document):
    found = document("linreg")
    assert len(found["history"]) == 10_000
    assert found["result"]["weight"] == pytest.approx(2, abs=0.01)
    assert found["result"]["bias"] == pytest.approx(0, abs=0.02)
    assert found["result"]["prediction"] == pytest.approx(8, abs=0.01)
    assert found["history"][-1]["train_loss"] < 1e-4 < found["history"][0]["train_loss"]


def test_logistic(document):
    found = document("logistic")
    assert found["history"][-1]["train_loss"] < found["history"][0]["train_loss"]
    result = found["result"]
    assert result["boundary"] == pytest.approx(-result["bias"] / result["weight"])
    assert result["bce_mean"] == pytest.approx(0.8483, abs=5e-5)
    logit = 4 * result["weight"] + result["bias"]
    assert result["prediction"] == pytest.approx(1 / (1 + math.exp(-logit)), rel=1e-5)


@pytest.mark.slow
def test_logistic_weight_grows_for_ever(document):
    """Three separable points have no finite optimum (errata, line 214)."""
    weights = [row["weight"] for row in document("logistic", "--epochs", "6000")["history"]]
    assert weights[999] < weights[2999] < weights[5999]


@pytest.mark.parametrize("model", [linreg.LinearModel, logistic.LogisticRegressionModel])
def test_shapes(model):
    assert model()(torch.zeros(3, 1)).shape == (3, 1)


def test_other_recipe_values_are_used(document):
    assert len(document("backward", "--epochs", "4")["history"]) == 12
    assert document("linreg", "--epochs", "1", "--lr", "0.5")["config"]["lr"] == 0.5
    assert backward.RECIPES["notes"].epochs == 1000


def test_tuned_recipes_need_fewer_updates(document):
    backward_tuned = document("backward", "--recipe", "tuned")
    assert backward_tuned["result"]["weight"] == pytest.approx(2, abs=1e-6)
    assert len(backward_tuned["history"]) == 30
    linreg_tuned = document("linreg", "--recipe", "tuned")
    assert linreg_tuned["result"]["weight"] == pytest.approx(2, abs=1e-5)
    assert len(linreg_tuned["history"]) == 300


def test_weight_decay_gives_the_separable_points_an_optimum(document):
    """Three times as many updates change nothing: compare test_logistic_weight_grows_for_ever."""

    def weight(*arguments):
        return document("logistic", "--recipe", "tuned", *arguments)["result"]["weight"]

    assert weight("--epochs", "1500") == pytest.approx(weight(), rel=1e-4)

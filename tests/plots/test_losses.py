"""The losses over the probability."""

import copy
import math

import numpy as np
import pytest

from ptnotes.plots.figure import save
from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn


def points_of(axes):
    marked = [line for line in axes.lines if line.get_marker() in ("o", "^")]
    return [tuple(np.transpose(line.get_data())[0]) for line in marked]


def test_samples_of_losses(documents):
    result = documents["losses"]["result"]
    cross, binary = drawn("light", picture, documents["losses"]).axes
    p = result["probabilities"][0][0]
    assert points_of(cross) == [(p, pytest.approx(-math.log(p)))]
    table = {(row["y_hat"], row["loss"]) for row in result["bce_table"]}
    assert set(points_of(binary)) == table


def test_losses_of_many_classes_and_samples(documents, tmp_path):
    """A loss beyond the axis is marked at its edge; many samples aren't labelled each."""
    likely = [[1e-5] * 999 + [0.99001]]
    never = [[1.0] + [0.0] * 999]
    document = copy.deepcopy(documents["losses"])
    document["config"]["targets"] = 21 * [999]
    document["result"]["probabilities"] = 20 * likely + never
    losses = 20 * [-math.log(0.99001)] + [1e300]
    document["result"] |= {"cross_entropy": 1e299, "losses": {"cross_entropy_loss": losses}}
    figure = drawn("light", picture, document)
    cross = figure.axes[0]
    assert len(points_of(cross)) == 21
    assert points_of(cross)[-1] == (0, cross.get_ylim()[1])
    assert len(cross.texts) == 0
    save(figure, tmp_path / "x.png")

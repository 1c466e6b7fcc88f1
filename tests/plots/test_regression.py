"""The first lessons' pictures: the points, what was fitted to them, and the way there."""

import copy
import math

import numpy as np
import pytest

from ptnotes.plots import regression
from ptnotes.plots.figure import save
from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn
from tests.plots.documents import line_of, texts_of


def test_path_of_backward(documents):
    document = documents["backward"]
    (data, loss) = drawn("light", picture, document).axes
    weights = [row["w"] for row in document["history"]] + [document["result"]["weight"]]
    path = line_of(loss, "path")
    assert path[:, 0].tolist() == weights
    for w, height in path:
        mean = sum((w * x - 2 * x) ** 2 for x in (1, 2, 3)) / 3
        assert height == pytest.approx(mean)
    assert line_of(data, f"end: ŷ = {weights[-1]:.2f}·x")[-1] == pytest.approx([4, 4 * weights[-1]])


def test_path_of_linreg(documents):
    """Momentum takes it past the minimum, and no point of it lies outside."""
    document = documents["linreg"]
    (_, loss) = drawn("light", picture, document).axes
    rows = [(row["weight"], row["bias"]) for row in document["history"]]
    path = [tuple(point) for point in line_of(loss, "path")]
    assert path[0] == rows[0]
    assert set(path) <= set(rows)
    assert len(path) > len(rows) / 2
    assert line_of(loss, "end").tolist() == [[*rows[-1]]]
    (left, right), (low, high) = loss.get_xlim(), loss.get_ylim()
    assert all(left < w < right and low < b < high for w, b in rows)
    assert max(w for w, _ in rows) > 2 > min(w for w, _ in rows)


def test_contours_are_levels_of_the_loss(documents):
    (_, loss) = drawn("light", picture, documents["linreg"]).axes
    (contours,) = [each for each in loss.collections if hasattr(each, "levels")]
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for w, b in path.vertices[::25]:
            mean = sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3)) / 3
            assert mean == pytest.approx(level, rel=0.25, abs=0.01)


@pytest.mark.parametrize("topic", ["backward", "linreg"])
@pytest.mark.parametrize("highest", [1e3, 1e38, 1e200])
def test_a_run_that_diverges(documents, topic, highest, tmp_path):
    """The axes show its first steps; what is far away takes no memory and warns of nothing."""
    document = copy.deepcopy(documents[topic])
    document["result"] = {}
    rows = document["history"][:9]
    for number, row in enumerate(rows):
        name = "w" if topic == "backward" else "weight"
        row[name] = 2 + (-1) ** number * highest ** (number / 8)
        row["bias"] = 0.1
    document["history"] = rows
    figure = drawn("light", picture, document)
    left, right = figure.axes[1].get_xlim()
    assert -10 < left < 2 < right < 14
    for ending in ("png", "svg", "pdf"):
        save(figure, tmp_path / f"x.{ending}")


@pytest.mark.parametrize("topic", ["backward", "linreg", "logistic"])
@pytest.mark.parametrize("epochs", [1, 10_000])
def test_long_and_short_runs(documents, topic, epochs, tmp_path):
    """Points that can't be told apart are drawn once; a single epoch has a picture too."""
    row = documents[topic]["history"][0]
    distances = 0.99 ** np.arange(epochs)
    rows = [
        row | {"epoch": epoch, "w": 2 - left, "weight": 2 - left, "bias": left}
        for epoch, left in enumerate(distances.tolist(), start=1)
    ]
    figure = drawn("light", picture, documents[topic] | {"history": rows, "result": {}})
    save(figure, tmp_path / "x.svg")
    assert f"epoch {epochs:,}" in figure.get_suptitle()
    if topic != "logistic":
        axes = figure.axes[1]
        path = line_of(axes, "path")
        width = np.ptp([axes.get_xlim(), axes.get_ylim()], axis=1)
        steps = np.abs(np.diff(path, axis=0)) / width
        assert len(path) == 1 if epochs == 1 else 50 < len(path) < 200
        assert (steps.max(axis=1) > 1 / regression.STEPS).all()
    assert (tmp_path / "x.svg").stat().st_size < 300_000


def test_boundary_and_weight_of_logistic(documents):
    document = documents["logistic"]
    data, growth = drawn("light", picture, document).axes
    weight, bias = document["history"][-1]["weight"], document["history"][-1]["bias"]
    sigmoid = np.transpose(data.lines[2].get_data())
    for x, p in sigmoid[::40]:
        assert p == pytest.approx(1 / (1 + math.exp(-weight * x - bias)))
    assert growth.get_xscale() == "log"
    drawn_weights = growth.lines[0].get_ydata()
    assert drawn_weights.tolist() == [row["weight"] for row in document["history"]]
    document = copy.deepcopy(document)
    document["history"][-1] |= {"weight": 2.0, "bias": -5.0}
    data, _ = drawn("light", picture, document).axes
    assert [line for line in data.lines if line.get_xdata()[0] == 2.5]


def test_logistic_says_whether_there_is_an_optimum(documents):
    document = copy.deepcopy(documents["logistic"])
    assert any("no optimum" in text for text in texts_of(picture(document)))
    document["config"]["weight_decay"] = 0.01
    assert not any("no optimum" in text for text in texts_of(picture(document)))

"""The picture of an experiment."""

import pytest

from ptnotes.errors import UsageError
from ptnotes.plots.experiment import MOST, cells
from ptnotes.plots.figure import save
from ptnotes.plots.theme import drawn


def cell(run="mnist-cnn", measure="test_accuracy", values=(0.98, 0.99), **more):
    mean = sum(values) / len(values)
    seeds = {str(seed): value for seed, value in enumerate(values)}
    spread = {"std": 0.007} if len(values) > 1 else {}
    return {"run": run, "measure": measure, "mean": mean, "values": seeds} | spread | more


def document(*found):
    return {"topic": "reproduce", "config": {"experiment": "$x^{$"}, "result": {"cells": found}}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_is_drawn(theme, tmp_path):
    experiment = document(
        cell(met=True, low=0.97),
        cell("$a_b$" + 60 * "x", met=False, low=0.995, high=1.0),
        cell("linreg", "weight", (2.0,), met=True, low=2.0, high=2.0),
        {"run": "failed", "measure": "weight", "values": {}, "failed": {"0": "diverged"}},
    )
    figure = drawn(theme, cells, experiment)
    accuracy, weight = figure.axes
    assert [text.get_text() for text in weight.get_yticklabels()] == ["linreg"]
    assert len(accuracy.containers) == 4  # two error bars, two ranges
    low, high = accuracy.get_xlim()
    assert low < 0.97
    assert high > 1
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert -1 <= box.x0
        assert box.x1 <= figure.bbox.x1 + 1
    for ending in ("png", "svg", "pdf"):
        save(figure, tmp_path / f"x.{ending}")


def test_nothing_to_draw(tmp_path):
    for experiment in (document(), {**document(), "result": {"interrupted": True}}):
        save(drawn("light", cells, experiment), tmp_path / "x.png")


def test_too_many_to_draw():
    with pytest.raises(UsageError):
        drawn("light", cells, document(*[cell()] * (MOST + 1)))

"""Curves of one run and of many in one picture."""

import pytest

from ptnotes.plots.curves import curve, curves
from ptnotes.plots.figure import save


def history(number, epochs=3):
    measured = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")
    return [
        {"epoch": epoch} | dict.fromkeys(measured, 0.5 + number / 100 + epoch / 10)
        for epoch in range(1, epochs + 1)
    ]


def name(number):
    return f"experiments/2026-the-first-series/mnist-cnn-tuned-lr-0.{number:02d}-batch-64"


@pytest.mark.parametrize(("count", "long"), [(2, 1), (5, 1), (12, 3), (30, 1)])
def test_legend_of_many_runs(count, long):
    """It leaves room to the axes and stays in the figure, without a warning."""
    figure = curves({long * name(number): history(number) for number in range(count)})
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert 0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert 0 <= box.y0 and box.y1 <= figure.bbox.y1
    for axes in figure.axes:
        height = axes.get_window_extent().height / figure.dpi
        assert height > 2  # inches
        assert axes.get_tightbbox().y0 >= box.y1
    named = [text.get_text().replace("\n", "") for text in legend.get_texts()]
    assert named[-count:] == [long * name(number) for number in range(count)]
    colours = {str(line.get_color()) for line in figure.axes[0].lines}
    assert len(colours) == count


def test_one_run_needs_no_name(tmp_path):
    figure = curve(history(1), "mnist")
    for axes in figure.axes:
        assert [text.get_text() for text in axes.get_legend().get_texts()] == ["train", "test"]
    assert not figure.legends


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_names_that_are_no_plain_text(tmp_path, ending):
    names = ["a$\\foo$", "b\udcc3\udcbc\udcff", "c\x1b[31m\n", "_d", "实验一", ""]
    save(curves({each: history(1) for each in names}), tmp_path / f"x.{ending}")
    save(curve(history(1), names[0]), tmp_path / f"y.{ending}")

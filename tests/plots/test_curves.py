"""Curves of one run, and the mean curve of several seeds."""

import json

import numpy as np
import pytest

from ptnotes.events import EpochRow, Header, RunRecord, SeedRows
from ptnotes.plots import theme
from ptnotes.plots.curves import band, curve, majority_of, of_document, of_seeds, title_of
from ptnotes.plots.figure import save
from ptnotes.plots.panels import apart

MEASURED = ("train_loss", "test_loss", "train_accuracy", "test_accuracy")


def history(number, epochs=3):
    return [
        {"epoch": epoch} | dict.fromkeys(MEASURED, 0.5 + number / 100 + epoch / 10 / epochs)
        for epoch in range(1, epochs + 1)
    ]


def document(rows, **more):
    config = {"arch": "cnn", "recipe": "tuned", "data": "sample", "seed": 7}
    return {"topic": "mnist", "config": config, "history": rows, "result": more}


def labelled(axes):
    return {line.get_label(): line for line in axes.lines}


def texts(axes):
    return [each.get_text() for each in axes.texts]


def test_title_says_which_run():
    title = title_of(document([]))
    assert all(word in title for word in ("mnist", "cnn", "tuned", "sample", "7"))
    many = document([])
    many["config"] |= {"seeds": 3}
    assert "7–9" in title_of(many)


def test_lines_have_their_labels_beside_them():
    figure = of_document(document(history(0)))
    assert len(figure.axes) == 2
    for axes in figure.axes:
        assert {"train", "test"} <= set(labelled(axes)) and texts(axes) == ["train", "test"]
        assert axes.get_legend() is None
    assert figure.get_suptitle() == title_of(document([]))


@pytest.mark.parametrize(
    ("rows", "panel", "epoch", "best"),
    [
        ([{"epoch": 1, "test_accuracy": 0.5}, {"epoch": 2, "test_accuracy": 0.4}], 0, 1, 0.5),
        ([{"epoch": 1, "train_loss": 0.5}, {"epoch": 2, "train_loss": 0.4}], 0, 2, 0.4),
        (
            [{"epoch": 1, "train_accuracy": 0.9, "train_loss": 1.0, "test_accuracy": 0.5}],
            1,
            1,
            0.5,
        ),
        ([{"epoch": 1, "loss": 3.0}, {"epoch": 1, "loss": 2.0}, {"epoch": 1, "loss": 5}], 0, 1, 2),
    ],
)
def test_best_epoch_is_marked(rows, panel, epoch, best):
    axes = curve(rows, "x").axes[panel]
    (x,), (y,) = labelled(axes)["best"].get_data()
    assert int(x) == epoch and y == best
    assert str(epoch) in axes.get_title(loc="right")


def test_majority_class_is_a_line():
    loss, accuracy = curve(history(0), "x", majority=0.75).axes
    assert labelled(accuracy)["majority class"].get_ydata()[0] == 0.75
    expected = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert labelled(loss)["majority class"].get_ydata()[0] == pytest.approx(expected)
    found = of_document(document(history(0), larger_class_share=0.75))
    assert "majority class" in labelled(found.axes[0])
    assert "majority class" not in labelled(of_document(document(history(0))).axes[0])


def test_majority_class_is_that_of_the_rows_that_are_judged():
    """A result has the test rows' share: beside a curve of validation rows it would mislead."""
    judged = [row | {"val_accuracy": 0.7} for row in history(0)]
    assert majority_of(document(history(0), larger_class_share=0.65)) == 0.65
    assert majority_of(document(judged, larger_class_share=0.65)) is None


@pytest.mark.parametrize("majority", [1.0, 0.5])
def test_majority_class_at_the_limits(majority):
    curve(history(0), "x", majority=majority).draw_without_rendering()


@pytest.mark.parametrize("epochs", [1, 2, 10_000])
def test_number_of_epochs(epochs):
    rows = [{"epoch": each, "train_loss": 0.5**each} for each in range(1, epochs + 1)]
    figure = curve(rows, "x")
    figure.draw_without_rendering()
    (axes,) = figure.axes
    ticks = [each for each in axes.get_xticks() if axes.get_xlim()[0] <= each <= axes.get_xlim()[1]]
    assert ticks and all(each == int(each) for each in ticks)
    assert len(labelled(axes)["train"].get_xdata()) == epochs


@pytest.mark.parametrize(
    ("losses", "scale"), [([1, 1e-3], "log"), ([1, 0.5], "linear"), ([1, 0], "linear")]
)
def test_a_loss_that_falls_far_has_a_logarithmic_axis(losses, scale):
    rows = [{"epoch": place + 1, "train_loss": loss} for place, loss in enumerate(losses)]
    assert curve(rows, "x").axes[0].get_yscale() == scale


def test_no_finished_epoch(tmp_path):
    save(curve([], "mnist"), tmp_path / "x.png")


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([0.5, 0.5], [0.5, 0.6]),
        ([1.0, 0.98], [1.0, 0.9]),
        ([0.2, 0.8], [0.2, 0.8]),
        ([7, -7], [1, 0]),
    ],
)
def test_labels_are_apart(places, expected):
    assert apart(places, 0.1) == pytest.approx(expected)


def test_band_of_seeds():
    runs = [history(number) for number in (0, 10, 20)]
    figure = band(runs, "three")
    for axes, name in zip(figure.axes, ("test_loss", "test_accuracy"), strict=True):
        values = np.array([[row[name] for row in run] for run in runs])
        mean = labelled(axes)["test"].get_ydata()
        assert mean == pytest.approx(values.mean(axis=0))
        assert len(axes.lines) == 2 * (3 + 1)  # of train and test: each seed, the mean
        (corners,) = axes.collections[1].get_paths()
        above = mean + values.std(axis=0, ddof=1)
        assert corners.vertices[:, 1].max() == pytest.approx(above.max())
    many = band([history(number) for number in range(11)], "eleven")
    assert len(many.axes[0].lines) == 2


def test_seeds_of_a_run():
    record = RunRecord()
    config = {"recipe": "notes", "seed": 4, "seeds": 2}
    record.add(Header("linreg", config, {}, rows=2, records="result.runs"))
    for seed in (4, 5):
        record.add(SeedRows(seed, (EpochRow(1, 0.5), EpochRow(2, seed / 10))))
    figure = of_seeds(record)
    assert labelled(figure.axes[0])["train"].get_ydata().tolist() == pytest.approx([0.5, 0.45])
    assert "4–5" in figure.get_suptitle()
    json.dumps(record.document())  # has no rows of theirs


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
@pytest.mark.parametrize("title", ["a$\\foo$", "b\udcc3\udcbc\udcff", "c\x1b[31m\n", "_d", ""])
def test_title_that_is_no_plain_text(tmp_path, ending, title):
    save(curve(history(1), title), tmp_path / f"y.{ending}")


@pytest.mark.parametrize("name", theme.THEMES)
def test_colours_stay_those_of_the_theme(tmp_path, name):
    """In a notebook a figure is shown when nobody applies its theme any more."""
    figure = theme.drawn(name, curve, history(0), "x")
    save(figure, tmp_path / "after.png")
    with theme.applied(name):
        save(curve(history(0), "x"), tmp_path / "within.png")
    assert (tmp_path / "after.png").read_bytes() == (tmp_path / "within.png").read_bytes()

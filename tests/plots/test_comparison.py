"""Many runs in one figure."""

from itertools import pairwise

import pytest
from matplotlib import font_manager

from ptnotes.errors import UsageError
from ptnotes.plots.comparison import common_title, compare, short_names
from ptnotes.plots.figure import CJK_FONTS, save
from tests.plots.test_curves import document, history, labelled, texts

INSTALLED = {font.name for font in font_manager.fontManager.ttflist} & {*CJK_FONTS}


def name(number):
    return f"mnist-cnn-tuned-lr-0.{number:02d}-batch-64-of-the-first-series"


def look(line):
    return line.get_color(), line.get_linestyle(), line.get_marker()


@pytest.mark.parametrize(("count", "long"), [(2, 1), (5, 1), (12, 3), (30, 1)])
def test_legend_of_many_runs(count, long):
    """It leaves room to the axes and stays in the figure, without a warning."""
    figure = compare({long * name(number): history(number) for number in range(count)})
    figure.draw_without_rendering()
    (legend,) = figure.legends
    box = legend.get_window_extent()
    assert 0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert 0 <= box.y0 and box.y1 <= figure.bbox.y1
    for axes in figure.axes:
        assert axes.get_window_extent().height / figure.dpi > 1  # inches
        assert axes.get_tightbbox().y0 >= box.y1
    named = [text.get_text().replace("\n", "") for text in legend.get_texts()]
    assert named == [long * name(number) for number in range(count)]
    tested = [line for line in figure.axes[0].lines if line.get_label().endswith("test")]
    assert len({look(line) for line in tested}) == count
    assert [look(line) for line in legend.get_lines()] == [look(line) for line in tested]


def test_more_runs_than_can_be_told_apart():
    with pytest.raises(UsageError, match="30"):
        compare({str(number): history(number) for number in range(31)})


def test_few_runs_have_their_names_beside_the_lines():
    figure = compare({f"runs/{number}": history(10 * number) for number in range(4)})
    figure.draw_without_rendering()
    assert not figure.legends
    for axes in figure.axes:
        assert texts(axes) == ["0", "1", "2", "3"]
        places = [each.get_window_extent() for each in axes.texts]
        assert all(low.y1 <= high.y0 for low, high in pairwise(places))
        assert {f"{run}, {part}" for run in range(4) for part in ("train", "test")} == {
            *labelled(axes)
        }


def test_measured_on_the_training_set():
    """A run in which nothing is held out has its line too."""
    without = [{"epoch": 1, "train_loss": 0.5, "train_accuracy": 0.7}]
    loss, accuracy = compare({"a": without, "b": history(1)}, majority=0.65).axes
    assert {"a, train", "b, test"} <= set(labelled(loss))
    assert {"a, train", "b, test", "majority class"} <= set(labelled(accuracy))


def test_one_epoch_beside_many():
    """That with one measures the accuracy, the other doesn't."""
    long = [{"epoch": each, "train_loss": 1.0} for each in range(1, 100)]
    for axes in compare({"short": history(1, 1), "long": long}).axes:
        assert axes.get_xlim()[1] >= 99


@pytest.mark.parametrize(("longest", "scale"), [(10_000, "log"), (10, "linear")])
def test_epochs_of_runs_of_very_different_lengths(longest, scale):
    figure = compare({"short": history(1, 5), "long": history(2, longest)})
    assert figure.axes[0].get_xscale() == scale


@pytest.mark.parametrize(
    ("given", "short"),
    [
        (["runs/a", "runs/b"], ["a", "b"]),
        (["runs/x/a", "runs/y/a"], ["x/a", "y/a"]),
        (["/one/runs/a", "b"], ["/one/runs/a", "b"]),
        (["runs", "runs/a"], ["runs", "runs/a"]),
        (["a"], ["a"]),
    ],
)
def test_names_without_what_they_have_in_common(given, short):
    assert [each.replace("\\", "/") for each in short_names(given)] == short


def test_title_says_what_the_runs_have_in_common():
    one, other = document([]), document([])
    other["config"] = one["config"] | {"seed": 8}
    title = common_title([one, other])
    assert "mnist cnn" in title and "7" not in title and "8" not in title
    other["config"] = one["config"] | {"arch": "mlp"}
    title = common_title([one, other])
    assert "mnist" in title and "cnn" not in title and "7" in title
    other["topic"] = "names"
    assert "mnist" not in common_title([one, other])


@pytest.mark.skipif(not INSTALLED, reason="needs a font with Chinese letters")
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_names_that_are_no_plain_text(tmp_path, ending):
    names = ["a$\\foo$", "b\udcc3\udcbc\udcff", "c\x1b[31m\n", "_d", "实验一", ""]
    save(compare({each: history(1) for each in names}), tmp_path / f"x.{ending}")

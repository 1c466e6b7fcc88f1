"""The confusion matrix and the misclassified images."""

import numpy as np
import pytest

from ptnotes.events import MisclassifiedImages
from ptnotes.plots import theme
from ptnotes.plots.classification import READABLE, confusion, confusion_of, misclassified, names
from ptnotes.plots.figure import save

NAMES = ["$\\foo$", "Česko", "\x1b[31m", "_", ""]


def texts(axes):
    return [each.get_text() for each in axes.texts]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_classes_that_are_no_plain_text(tmp_path, ending):
    cells = np.eye(len(NAMES), dtype=int).tolist()
    save(confusion(cells, NAMES), tmp_path / f"x.{ending}")
    images = np.zeros((len(NAMES), 28, 28), np.uint8)
    places = list(range(len(NAMES)))
    event = MisclassifiedImages(images, places, NAMES, NAMES[::-1], [0.5] * len(NAMES))
    save(misclassified(event), tmp_path / f"y.{ending}")


@pytest.mark.parametrize("size", [2, 10, 18, READABLE, READABLE + 1, 100, 400])
def test_size(size):
    """A matrix of many classes does not take the memory of a poster."""
    figure = confusion(np.ones((size, size), int).tolist(), [f"class {n}" for n in range(size)])
    assert max(figure.get_size_inches()) <= 12
    figure.draw_without_rendering()
    assert len(figure.axes[0].texts) == (size * size if size <= READABLE else 0)


def test_accuracy_counts_and_recall():
    figure = confusion([[990, 10, 0], [0, 0, 0], [5, 0, 5]], "abc", "which run")
    axes = figure.axes[0]
    assert texts(axes) == ["990", "10", "5", "5"]
    assert "98.51%" in axes.get_title() and figure.get_suptitle() == "which run"
    (recall,) = axes.child_axes
    assert [each.get_text() for each in recall.get_yticklabels()] == ["99.0%", "–", "50.0%"]


@pytest.mark.parametrize("name", theme.THEMES)
def test_a_rare_error_is_seen(name):
    """One in a thousand has a colour other than the background's and than a frequent one's."""
    figure = theme.drawn(name, confusion, [[999, 1], [300, 700]], "ab")
    diagonal, errors = figure.axes[0].images
    assert diagonal.get_array().mask.tolist() == [[False, True], [True, False]]
    assert errors.get_array().mask.tolist() == [[True, False], [False, True]]
    rare, frequent = errors.to_rgba(errors.get_array())[[0, 1], [1, 0], :3]
    ground = np.array(figure.get_facecolor()[:3])
    assert abs(rare - ground).max() > 0.05 and abs(frequent - rare).max() > 0.3


def test_no_errors_at_all(tmp_path):
    save(confusion([[3, 0], [0, 4]], "ab"), tmp_path / "x.png")
    save(confusion([[0, 0], [0, 0]], "ab"), tmp_path / "y.png")


def document(**result):
    return {
        "topic": "names",
        "config": {"recipe": "notes", "seed": 0},
        "history": [{"epoch": 1, "train_loss": 2.0, "test_accuracy": 0.5}],
        "result": result,
    }


def test_names_have_the_curve_and_the_confusions():
    classes = [{"class": "Arabic"}, {"class": "Česko"}]
    cells = [[3, 1], [0, 4]]
    figure = names(document(confusion=cells, per_class=classes))
    figure.draw_without_rendering()
    assert [len(each.axes) for each in figure.subfigs] == [2, 2]  # a matrix and its colours
    assert texts(figure.subfigs[1].axes[0]) == ["3", "1", "4"]
    assert len(names(document()).axes) == 2  # interrupted: the curve alone
    whole = confusion_of(document(confusion=cells), ["Arabic", "Česko"])
    assert figure.get_suptitle() == whole.get_suptitle()


def test_misclassified_say_what_they_are_taken_for():
    event = MisclassifiedImages(
        np.zeros((7, 28, 28), np.uint8), [*range(7)], "4" * 7, "9" * 7, [0.974] * 7
    )
    figure = misclassified(event, "mnist")
    figure.draw_without_rendering()
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == 7 and {axes.get_title() for axes in shown} == {"4 → 9, 97%"}

"""The confusion matrix and the misclassified images."""

import numpy as np
import pytest

from ptnotes.events import MisclassifiedImages
from ptnotes.plots.classification import confusion, misclassified
from ptnotes.plots.figure import save

NAMES = ["$\\foo$", "实验", "\x1b[31m", "_", ""]


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_classes_that_are_no_plain_text(tmp_path, ending):
    cells = np.eye(len(NAMES), dtype=int).tolist()
    save(confusion(cells, NAMES), tmp_path / f"x.{ending}")
    images = np.zeros((len(NAMES), 28, 28), np.uint8)
    places = list(range(len(NAMES)))
    event = MisclassifiedImages(images, places, NAMES, NAMES[::-1], [0.5] * len(NAMES))
    save(misclassified(event), tmp_path / f"y.{ending}")


@pytest.mark.parametrize("size", [2, 18, 400])
def test_size(size):
    """A matrix of many classes does not take the memory of a poster."""
    figure = confusion(np.ones((size, size), int).tolist(), [f"class {n}" for n in range(size)])
    assert max(figure.get_size_inches()) <= 30
    figure.draw_without_rendering()

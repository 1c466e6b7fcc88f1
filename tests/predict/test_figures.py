"""Several figures in an image."""

from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from ptnotes.datasets import mnist
from ptnotes.predict.images import figures, foreground


def side_by_side(*images, gap):
    """Cropped, with ``gap`` empty columns between them."""
    cropped = [image[:, image.any(axis=0)] for image in images]
    parts = [each for image in cropped for each in (image, np.zeros((28, gap), image.dtype))]
    return np.pad(np.hstack(parts[:-1]), 4)


def enlarged(image, factor):
    size = image.shape[1] * factor, image.shape[0] * factor
    return np.asarray(Image.fromarray(image).resize(size), np.float32)


def counted(image):
    return figures(foreground(np.repeat(image.astype(np.float32)[:, :, None], 3, axis=2)))


@pytest.mark.parametrize("factor", [1, 7])
def test_figures_side_by_side(digits, factor):
    assert [counted(enlarged(each, factor)) for each in digits] == [1] * len(digits)
    for one, other in pairwise(digits):
        assert counted(enlarged(side_by_side(one, other, gap=5), factor)) == 2
        assert counted(enlarged(255 - side_by_side(one, other, gap=5), factor)) == 2
    assert counted(enlarged(side_by_side(*digits[:3], gap=5), factor)) == 3


def strokes(*boxes):
    """(y, x, height, width) each."""
    drawn = np.zeros((100, 160), np.float32)
    for y, x, height, width in boxes:
        drawn[y : y + height, x : x + width] = 255
    return drawn


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([(10, 10, 80, 8), (10, 60, 80, 8)], 2),
        ([(10, 10, 80, 8), (10, 20, 80, 8)], 1),  # as near as parts of a 4
        ([(10, 30, 8, 60), (35, 20, 55, 8)], 1),  # a 5 with a separate bar
        ([(10, 10, 8, 8), (30, 10, 60, 8)], 1),  # an i
        ([(10, 10, 80, 8), (50, 60, 8, 8)], 1),  # a speck
        ([(10, 10, 80, 8), (20, 40, 60, 8), (30, 70, 60, 8)], 3),  # not in a line
    ],
)
def test_what_is_a_figure(boxes, expected):
    assert figures(strokes(*boxes)) == expected


def test_noise_is_no_figure():
    levels = np.random.default_rng(0).integers(0, 1000, (300, 1000)) == 0
    assert figures(levels.astype(np.float32)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 1000), (1000, 1), (3, 1000), (1000, 1000)])
def test_figures_of_any_shape(shape):
    assert figures(np.full(shape, 255, np.float32)) == 1


@pytest.mark.slow
def test_figures_of_mnist(real_data):
    """5 of 10,000 single digits are said to be two, 3 of them with a line beside the digit."""
    images = mnist.read(real_data, "t10k")[0].numpy()
    assert sum(counted(each) > 1 for each in images) < 10
    pairs = images[:2000].reshape(-1, 2, 28, 28)
    assert sum(counted(np.hstack(each)) > 1 for each in pairs) >= 995

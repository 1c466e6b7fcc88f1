"""Figures of a network, from plain arrays."""

import numpy as np
import pytest

from ptnotes.plots import feature_maps, network
from ptnotes.plots.figure import save
from ptnotes.plots.theme import drawn

DOCUMENT = {"topic": "mnist", "config": {"arch": "cnn", "recipe": "notes", "seed": 0}}
RNG = np.random.default_rng(0)
DIGITS = {str(digit): 1 / 10 for digit in range(10)}
FILTERS = ("conv1", RNG.normal(size=(10, 5, 5)))
LETTERS = ("aB", RNG.normal(size=(2, 2)), np.array([0.6, 0.3]))


def layers(count):
    return [
        {
            "layer": f"l{place}",
            "output": [4],
            "parameters": 3,
            "multiply_adds": 0,
            "time_share": 0.1,
        }
        for place in range(count)
    ]


def texts(figure):
    from matplotlib.text import Text

    return {each.get_text() for each in figure.findobj(Text) if each.get_text()}


def image(maps, probabilities=None, document=None):
    pixels = RNG.integers(0, 255, (28, 28))
    contributions = RNG.normal(size=(28, 28))
    return drawn(
        "light",
        network.of_image,
        document or DOCUMENT,
        "x → 1",
        pixels,
        contributions,
        probabilities or DIGITS,
        FILTERS,
        maps,
    )


def images_in(axes):
    return [each.get_array() for each in axes.get_images()]


def test_image():
    maps = [("conv1", RNG.normal(size=(10, 4, 4))), ("relu", np.abs(RNG.normal(size=512)))]
    figure = image(maps)
    seen, depends, likely, filters, below = figure.axes
    assert [len(each.get_images()) for each in (seen, depends, filters, below)] == [1, 1, 8, 9]
    assert len(likely.patches) == 10
    for place in range(8):
        assert np.allclose(images_in(below)[place], maps[0][1][place])
        assert np.allclose(images_in(filters)[place], FILTERS[1][place])
    assert {"conv1\n10×4×4", "relu  512"} <= texts(figure)


def test_many_layers_stand_in_two_columns():
    """No name runs into the maps on its left."""
    maps = [("incep1.branch5x5_1", np.ones((16, 12, 12)))] * 24
    figure = image(maps)
    assert figure.get_figheight() < 9
    figure.canvas.draw()
    below = figure.axes[-1]
    lefts = sorted({round(each.get_window_extent().x0) for each in below.get_images()})
    names = [text.get_window_extent() for text in below.texts]
    second = [each for each in names if each.x0 > lefts[7]]
    assert len(second) == 12
    width = below.get_images()[0].get_window_extent().width
    assert min(each.x0 for each in second) > lefts[7] + width
    assert min(each.x0 for each in names) >= 0


def test_filters_of_the_largest_norm():
    weights = RNG.normal(size=(40, 3, 3))
    weights[[5, 30]] *= 100
    figure = drawn("light", network.of_layers, DOCUMENT, layers(2), ("l1", weights))
    shown = images_in(figure.axes[-1])
    assert len(shown) == feature_maps.FILTERS
    assert any(np.allclose(each, weights[5]) for each in shown)
    assert any(np.allclose(each, weights[30]) for each in shown)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_names_that_hold_anything(theme, tmp_path):
    """Neither formulas nor control characters; a very long one is cut."""
    classes = ["$x$", "a\nb", "中国", "x" * 100]
    shares = np.full((3, 4), 0.25)
    figure = drawn(
        theme,
        network.of_name,
        DOCUMENT,
        "a$b → $x$",
        "a$b",
        np.array([0.1, -0.2, 0]),
        classes,
        shares,
        LETTERS,
    )
    save(figure, tmp_path / "x.png")
    assert {"$x$", "a\\nb", "x" * network.NAME + "…", "25%"} <= texts(figure)
    image([], dict.fromkeys(classes, 0.25)).savefig(tmp_path / "y.svg")


def test_features():
    outputs = [("linear1", np.array([-1.0, 2.0])), ("sigmoid", np.array([0.25, 0.5]))]
    contributions = np.array([0.5, -0.25])
    figure = drawn(
        "dark",
        network.of_features,
        DOCUMENT,
        "row",
        np.array([1.0, -0.5]),
        contributions,
        {"1": 0.75, "0": 0.25},
        outputs,
    )
    depends, likely, below = figure.axes
    assert [bar.get_width() for bar in depends.patches] == [0.5, -0.25]
    assert [bar.get_width() for bar in likely.patches] == [0.25, 0.75]  # in the classes' order
    assert {"x1 = 1.00", "x2 = −0.50", "−1.00", "0.25"} <= texts(figure)
    assert len(below.get_images()) == 2


def test_layers_without_anything_to_count():
    figure = drawn("light", network.of_layers, DOCUMENT, layers(3), None, LETTERS)
    assert len(figure.axes) == 4
    assert {"l0  4", "a", "B"} <= texts(figure)

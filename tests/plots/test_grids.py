"""The windows of a convolution, as grids of numbers."""

import json

import pytest
from matplotlib.patches import Rectangle

from ptnotes.plots.figure import save
from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn


def boxes(axes, filled):
    return [
        (*each.get_xy(), each.get_width(), each.get_height())
        for each in axes.patches
        if isinstance(each, Rectangle) and bool(each.get_facecolor()[3]) == filled
    ]


def test_windows_of_the_convolution(documents):
    padding, stride, _ = drawn("light", picture, documents["conv-demo"]).axes
    assert boxes(padding, filled=True) == [(0, 1, 3, 3)]
    assert boxes(stride, filled=True) == [(0, 1, 3, 3), (2, 1, 3, 3)]
    numbers = [text.get_text() for text in padding.texts]
    output = documents["conv-demo"]["result"]["padding"]
    flat = [str(value) for row in output for value in row]
    assert len([each for each in numbers if each.isdecimal()]) == 49 + 9 + 25
    assert [each for each in numbers if each in flat][-25:] == flat


@pytest.mark.parametrize("row", [0, 1])
def test_the_products_add_up(documents, row):
    axes = drawn("light", picture, documents["conv-demo"]).axes[row]
    (said,) = [text.get_text() for text in axes.texts if " + " in text.get_text()]
    total, products = said.split(" = ")
    pairs = [each.split("·") for each in products.split(" + ")]
    assert sum(int(one) * int(other) for one, other in pairs) == int(total)


@pytest.mark.parametrize(
    "options",
    [
        {"input": "5x9", "kernel": "5"},
        {"input": "1x1", "kernel": "1"},
        {"input": "64x48", "kernel": "3", "stride": "2", "padding": "1", "dilation": "2"},
        {"input": "3000x2000", "kernel": "100", "dilation": "3"},
    ],
)
def test_own_sizes(cli, options, tmp_path):
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = cli("conv-demo", "--only", "size", *arguments, "--json")
    found = json.loads(done.stdout)
    figure = drawn("light", picture, found)
    (axes,) = figure.axes
    height, width = found["result"]["output_size"]
    assert f"→ {height}×{width}" in axes.texts[0].get_text()
    assert len(axes.patches) < 100
    save(figure, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").stat().st_size < 200_000


def test_only_parts_without_a_picture(cli, tmp_path):
    done = cli("conv-demo", "--only", "residual", "--json")
    save(drawn("light", picture, json.loads(done.stdout)), tmp_path / "x.png")

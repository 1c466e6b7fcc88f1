"""The histogram of an image data set, with every channel's mean and std."""

from itertools import cycle

import numpy as np
import pytest
from matplotlib.colors import to_hex

from ptnotes.plots.figure import save
from ptnotes.plots.histogram import histogram
from ptnotes.plots.theme import THEMES, drawn


def table_of(channels, levels, rng=None):
    rng = rng or np.random.default_rng(0)
    return rng.integers(0, 50, (channels, levels))


def moments_of(table):
    levels = np.arange(table.shape[1]) / (table.shape[1] - 1)
    mean = (table * levels).sum(1) / table.sum(1)
    return mean, np.sqrt((table * levels**2).sum(1) / table.sum(1) - mean**2)


@pytest.mark.parametrize(("theme", "channels"), [*zip(cycle(THEMES), [1, 3, 9], strict=False)])
@pytest.mark.parametrize("levels", [256, 65536])
def test_shares_and_moments(theme, channels, levels, tmp_path, recwarn):
    table = table_of(channels, levels)
    mean, std = moments_of(table)
    figure = drawn(theme, histogram, table, mean, std, images=12_345)
    moments, axes = figure.axes
    for stairs, counts in zip(axes.patches, table, strict=True):
        found = stairs.get_data()
        assert found.values.sum() == pytest.approx(1)
        width = levels // 256
        assert found.values[3] == pytest.approx(counts[3 * width : 4 * width].sum() / counts.sum())
        assert found.edges[[0, 3, -1]].tolist() == [-0.5, 3 * width - 0.5, levels - 0.5]
    for bar, m, s in zip(moments.containers, mean, std, strict=True):
        point, _, (line,) = bar
        assert point.get_xdata()[0] == pytest.approx(m * (levels - 1))
        ((left, _), (right, _)) = line.get_segments()[0]
        assert (right - left) == pytest.approx(2 * s * (levels - 1))
    assert "12,345" in figure.get_suptitle()
    assert f"{mean[0]:.4f} ± {std[0]:.4f}" in figure.get_suptitle()
    figure.savefig(tmp_path / "x.png")
    save(figure, tmp_path / "x.svg")
    assert not recwarn.list


def test_a_bar_is_cut_where_the_levels_end():
    table = np.zeros((1, 256), int)
    table[0, [0, 255]] = 90, 10
    mean, std = moments_of(table)
    moments = drawn("light", histogram, table, mean, std, images=1).axes[0]
    (line,) = moments.containers[0][2]
    ((left, _), (right, _)) = line.get_segments()[0]
    assert left == 0
    assert right == pytest.approx(255 * (mean[0] + std[0]))


def test_a_single_level(tmp_path):
    """Black images: one bin has it all, and the std is 0."""
    table = np.zeros((3, 256), int)
    table[:, 0] = 7
    save(drawn("dark", histogram, table, [0, 0, 0], [0, 0, 0], images=1), tmp_path / "x.png")


def test_colours_of_red_green_and_blue():
    """In the theme's colours, the mean's and the line's the same."""
    table = table_of(3, 256)
    colours = set()
    for theme in THEMES:
        moments, axes = drawn(theme, histogram, table, *moments_of(table), images=1).axes
        for stairs, bar in zip(axes.patches, moments.containers, strict=True):
            colour = to_hex(stairs.get_edgecolor())
            assert to_hex(bar[0].get_color()) == colour
            assert to_hex(bar[2][0].get_edgecolor()[0]) == colour
            colours.add(colour)
    assert len(colours) == 6

"""The histogram of an image data set."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import new_figure, save

COLOURS = {1: ("black",), 3: ("tab:red", "tab:green", "tab:blue")}
BINS = 256  # 256 levels of 16 bits fall into one


def draw(table: NDArray[np.int64], path: Path) -> None:
    """A line per channel: the share of its values in each of 256 bins, on a logarithmic axis.

    ``table`` counts every level's occurrences: (C, 256) or (C, 65536). Raises DataError if the
    file can't be written.
    """
    counts = table.reshape(len(table), BINS, -1).sum(axis=2)
    shares = counts / counts.sum(axis=1, keepdims=True)
    figure = new_figure(7, 3.5)
    axes = figure.subplots()
    for share, colour in zip(shares, COLOURS.get(len(table), (None,) * len(table)), strict=True):
        axes.stairs(share, np.arange(BINS + 1) - 0.5, color=colour)
    axes.set(xlabel="level", ylabel="share of pixels", yscale="log", xlim=(-1, BINS))
    save(figure, path)

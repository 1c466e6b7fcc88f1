"""The histogram of an image data set."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import label, new_figure
from ptnotes.plots.lettering import WIDE
from ptnotes.plots.theme import BEST, TEST, TRAIN, muted
from ptnotes.quantities import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RGB = (("R", TEST), ("G", BEST), ("B", TRAIN))  # reddish, greenish, bluish in both themes
BINS = 256  # 256 levels of 16 bits fall into one


def histogram(
    table: NDArray[np.int64],
    mean: Sequence[float],
    std: Sequence[float],
    *,
    images: int,
    precision: int = 4,
) -> "Figure":
    """A line per channel: the share of its values in each of 256 bins, on a logarithmic axis.
    Above, the channel's mean with one std to both sides.

    ``table`` counts every level's occurrences: (C, 256) or (C, 65536); ``mean`` and ``std``, a
    number for each channel, are those of levels scaled to [0, 1].
    """
    levels = table.shape[1]
    counts = table.reshape(len(table), BINS, -1).sum(axis=2)
    shares = counts / counts.sum(axis=1, keepdims=True)
    figure = new_figure(WIDE, 3.0 + 0.22 * len(table))
    heights = (0.3 + 0.28 * len(table), 2.6)
    moments, axes = figure.subplots(2, height_ratios=heights, sharex=True)
    names = _names(len(table))
    edges = np.linspace(0, levels, BINS + 1) - 0.5
    for share, (_, colour) in zip(shares, names, strict=True):
        filled = len(table) == 1
        axes.stairs(share, edges, color=colour, fill=filled, linewidth=1.1)
    axes.set(xlabel=label("level"), ylabel=label("share of pixels"), yscale="log")
    axes.set_xlim(-0.01 * levels, 1.01 * levels)
    _moments(moments, names, np.array([mean, std]) * (levels - 1), levels)
    rows = zip(names, mean, std, strict=True)
    texts = [
        " ".join(filter(None, [name, f"{m:.{precision}f} ± {s:.{precision}f}"]))
        for (name, _), m, s in rows
    ]
    counted = label(f"mean ± std of {written('images', images)} images")
    figure.suptitle(f"{counted}\n{', '.join(texts)}")
    return figure


def _names(channels: int) -> list[tuple[str, str]]:
    """A name and a colour for each."""
    if channels == 1:
        return [("", muted())]
    if channels == 3:
        return list(RGB)
    return [(str(channel), f"C{channel % 7}") for channel in range(channels)]


def _moments(
    axes: "Axes", names: Sequence[tuple[str, str]], moments: NDArray[np.float64], levels: int
) -> None:
    """The mean as a point and one std to both sides as a bar, cut at the first and last level."""
    from matplotlib.colors import to_hex

    for row, ((_, role), mean, std) in enumerate(zip(names, *moments, strict=True)):
        colour = to_hex(role)
        below, above = min(std, mean), min(std, levels - 1 - mean)
        axes.errorbar(
            mean, row, xerr=[[below], [above]], color=colour, fmt="o", capsize=4, linewidth=2
        )
    axes.set_yticks(range(len(names)), [name for name, _ in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelbottom=False)

"""Filters and feature maps as tiles, a row per layer. To be drawn within ``theme.applied``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import label
from ptnotes.plots.lettering import number
from ptnotes.plots.panels import SMALL
from ptnotes.plots.theme import TEST, TRAIN, scale_of, text_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

Array = NDArray[Any]

PAGE = 6.6  # inches: the width of a page's text
TITLE = 0.35  # inches of a panel's title
ACROSS = 8  # feature maps of a layer, filters in a row
SPACE = 0.12  # between two of them, of their width
STEP = 1 + SPACE
STRIP = 0.5  # height of a layer's values that are no maps
WRITTEN = 10  # values of a layer, up to which they are written
FILTERS = 32  # at most
TALL = 12  # layers, above which they stand in two columns
MARGINS = {1: 2.4, 2: 4.7}  # widths of a map left of a column, for the layer's name
SIZES = {1: 8.0, 2: 6.0}  # points of its letters


def draw_filters(axes: "Axes", layer: str, filters: Array, most: int = FILTERS) -> None:
    """The first ones; where they are very many, those of the largest norm."""
    count, height, width = filters.shape
    chosen = np.arange(min(most, count))
    if count > FILTERS:
        norms = np.square(filters).sum(axis=(1, 2))
        chosen = np.sort(np.argsort(-norms, kind="stable")[:most])
    largest = float(np.abs(filters).max())
    for place, image in enumerate(filters[chosen]):
        row, column = divmod(place, ACROSS)
        _tile(axes, image, (column * STEP, row * STEP), -largest, largest)
    _frame(axes, ACROSS * STEP, -(-len(chosen) // ACROSS) * STEP)
    shape = f"{len(chosen)} / {count}, {height}×{width}"
    axes.set_title(f"{label('filters')} ({layer}, {shape})", loc="left")


def height_of_filters(count: int) -> float:
    """Inches."""
    return TITLE + 0.95 * (PAGE - 0.1) / ACROSS * -(-count // ACROSS)


def _columns(maps: Sequence[Any]) -> int:
    return 1 if len(maps) <= TALL else 2


def _row_height(values: Array) -> float:
    return STEP if values.ndim == 3 else STRIP + 2 * SPACE


def _width_of_maps(columns: int) -> float:
    """In feature maps."""
    return columns * (ACROSS * STEP + MARGINS[columns])


def height_of_maps(maps: Sequence[tuple[str, Array]]) -> float:
    """Inches."""
    columns = _columns(maps)
    rows = sum(_row_height(values) for _, values in maps) / columns
    return TITLE + (PAGE - 0.1) / _width_of_maps(columns) * (rows + 0.5)


def draw_feature_maps(axes: "Axes", maps: Sequence[tuple[str, Array]]) -> None:
    """A row per layer: its name and shape, some of its maps, or its values as a strip."""
    columns = _columns(maps)
    rows, margin, size = -(-len(maps) // columns), MARGINS[columns], SIZES[columns]
    bottom = top = 0.0
    for index, (layer, values) in enumerate(maps):
        column, row = divmod(index, rows)
        top = 0.0 if row == 0 else top
        left = margin + column * (ACROSS * STEP + margin)
        _layer_output(axes, values, (left, top))
        shape = "×".join(map(str, values.shape))
        height, between = (1.0, "\n") if values.ndim == 3 else (STRIP, "  ")
        name = axes.text(left - 0.15, top + height / 2, f"{layer}{between}{shape}")
        name.set(ha="right", va="center", fontsize=size)
        top += _row_height(values)
        bottom = max(bottom, top)
    _frame(axes, _width_of_maps(columns), bottom)
    axes.set_title(label("what each layer gives: blue above 0, orange below"), loc="left")


def _layer_output(axes: "Axes", values: Array, at: tuple[float, float]) -> None:
    low, high = float(values.min()), float(values.max())
    low, high = (-max(-low, high), max(-low, high)) if low < 0 else (0.0, max(high, 1e-12))
    left, top = at
    if values.ndim == 3:
        for place, image in enumerate(values[:ACROSS]):
            _tile(axes, image, (left + place * STEP, top), low, high)
        return
    width = ACROSS * STEP - SPACE
    colours = _tile(axes, values[None], at, low, high, (width, STRIP))
    if len(values) <= WRITTEN:
        for place, value in enumerate(values):
            middle = (left + (place + 0.5) * width / len(values), top + STRIP / 2)
            written = axes.text(*middle, number(float(value), 2), ha="center", va="center")
            cell = colours((value - low) / (high - low))
            written.set(color=text_on(cell), fontsize=SMALL)


def _tile(
    axes: "Axes",
    image: Array,
    at: tuple[float, float],
    low: float,
    high: float,
    size: tuple[float, float] = (1, 1),
) -> "Colormap":
    """An image at a place in an axes whose y goes down; values below 0 in a second colour.

    Returns its colours.
    """
    from matplotlib import rcParams
    from matplotlib.patches import Rectangle

    (x, y), (width, height) = at, size
    colours = scale_of(TRAIN, TEST) if low < 0 else scale_of(TRAIN)
    place = (x, x + width, y + height, y)
    axes.imshow(image, cmap=colours, vmin=low, vmax=high, extent=place, aspect="equal")
    frame = Rectangle(at, *size, fill=False, linewidth=0.5)
    frame.set_edgecolor(rcParams["axes.edgecolor"])
    axes.add_patch(frame)
    return colours


def _frame(axes: "Axes", width: float, height: float) -> None:
    axes.set(xlim=(-0.02, width), ylim=(height - SPACE + 0.02, -0.02))
    axes.set_axis_off()

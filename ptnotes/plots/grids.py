"""Convolution and max-pooling as grids of numbers, with the window drawn."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import label, new_figure
from ptnotes.plots.lettering import headline
from ptnotes.plots.theme import BEST, TEST, TRAIN, WRONG, muted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]
Array = NDArray[np.int64]
Place = tuple[float, float]  # cells from the left, and from the top, of a row of the figure

# the examples of the notes: lines 607, 608 and 633
FIVE_BY_FIVE = np.array(
    [[3, 4, 6, 5, 7], [2, 4, 6, 8, 2], [1, 6, 7, 8, 4], [9, 7, 4, 6, 2], [3, 7, 5, 4, 1]]
)
KERNEL = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
FOUR_BY_FOUR = np.array([[3, 4, 6, 5], [2, 4, 6, 8], [1, 6, 7, 5], [9, 7, 4, 6]])

CELL = 0.285  # inches
ACROSS = 19.0  # cells of the figure's width
SIDE = 4.2  # cells: the longer side of one's own padded input
RULED = 40  # pixels of a side, up to which they are drawn
COLOURS = (TEST, BEST, TRAIN, WRONG)  # of windows, one after another


def conv_demo(document: Document) -> "Figure":
    """A row each for padding, for stride, and for pooling beside one's own sizes: what was run."""
    result = document.get("result", {})
    rows = [
        (names, height) for names, height in ROWS.items() if any(name in result for name in names)
    ]
    figure = new_figure(CELL * ACROSS, CELL * sum(height for _, height in rows) + 0.5)
    heights = [height for _, height in rows] or [1.0]
    panels = figure.subplots(len(heights), squeeze=False, height_ratios=heights)[:, 0]
    for axes in panels:
        axes.set_axis_off()
        axes.set_aspect("equal")
    for axes, (names, height) in zip(panels, rows, strict=False):
        axes.set(xlim=(-0.2, ACROSS - 0.2), ylim=(height - 0.4, -0.1))
        for name in names:
            if name in result:
                DRAWN[name](axes, document)
    without = label("padding, stride, pooling and size have pictures")
    headline(figure, document, "" if rows else without)
    return figure


def _padding(axes: "Axes", document: Document) -> None:
    _text(axes, (0, 0.4), label("padding 1: with a border of zeros the size stays"), bold=True)
    padded = np.pad(FIVE_BY_FIVE, 1)
    _convolution(axes, padded, np.array(document["result"]["padding"]), stride=1, windows=1)
    _box(axes, (1, 2), (5, 5), muted(), style="--")


def _stride(axes: "Axes", document: Document) -> None:
    _text(axes, (0, 0.4), label("stride 2: the window moves by two"), bold=True)
    output = np.array(document["result"]["stride"])
    _convolution(axes, FIVE_BY_FIVE, output, stride=2, windows=2)


def _convolution(axes: "Axes", image: Array, output: Array, *, stride: int, windows: int) -> None:
    """input * kernel = output, the first windows of the first row, and how the first comes out."""
    size, extent = len(image), len(KERNEL)
    kernel_at = (8.7, 1 + (size - extent) / 2)
    output_at = (13.4, 1 + (size - len(output)) / 2)
    _numbers(axes, (0, 1), image, faint=image == 0)
    _numbers(axes, kernel_at, KERNEL)
    _numbers(axes, output_at, output)
    for x, sign in ((7.85, "*"), (12.55, "=")):
        _text(axes, (x, 1 + size / 2), sign, centred=True)
    for step in range(windows):
        style = "-" if step == 0 else "--"
        _box(axes, (step * stride, 1), (extent, extent), COLOURS[step], style=style, filled=True)
        _box(axes, (output_at[0] + step, output_at[1]), (1, 1), COLOURS[step], style=style)
    pairs = zip(image[:extent, :extent].flat, KERNEL.flat, strict=True)
    products = " + ".join(f"{value}·{weight}" for value, weight in pairs if value)
    _text(axes, (0, size + 1.6), f"{output[0, 0]} = {products}", colour=COLOURS[0])


def _pooling(axes: "Axes", document: Document) -> None:
    output = np.array(document["result"]["max_pooling"])
    _text(axes, (0, 0.4), label("2×2 max-pooling"), bold=True)
    _numbers(axes, (0, 1), FOUR_BY_FOUR)
    _text(axes, (4.7, 3), "→", centred=True)
    _numbers(axes, (5.4, 2), output)
    for index, colour in enumerate(COLOURS):
        row, column = divmod(index, 2)
        _box(axes, (2 * column, 1 + 2 * row), (2, 2), colour, filled=True)
        _box(axes, (5.4 + column, 2 + row), (1, 1), colour, filled=True)


def _size(axes: "Axes", document: Document) -> None:
    """One's own input with its border, two windows side by side, and the output, to scale."""
    config, output = document["config"], document["result"]["output_size"]
    (height, width), kernel, stride = config["input"], config["kernel"], config["stride"]
    padding, dilation = config["padding"], config["dilation"]
    extent = dilation * (kernel - 1) + 1
    scale = SIDE / (max(height, width) + 2 * padding)
    padded = (width + 2 * padding, height + 2 * padding)
    left, top = 9.2, 1.0
    _text(axes, (left, 0.4), f"{height}×{width} → {output[0]}×{output[1]}", bold=True)
    words = f"kernel {kernel}, stride {stride}, padding {padding}, dilation {dilation}"
    _text(axes, (left, 5.75), words)
    _pixels(axes, (left, top), padded, scale)
    if padding:
        inner = (left + padding * scale, top + padding * scale)
        _box(axes, inner, (width * scale, height * scale), muted(), style="--")
    steps = min(2, output[1])
    for step in range(steps):
        at = (left + step * stride * scale, top)
        side = extent * scale
        style = "-" if step == 0 else "--"
        _box(axes, at, (side, side), COLOURS[step], style=style, filled=dilation == 1)
        _taps(axes, at, kernel if dilation > 1 and kernel <= RULED else 0, dilation, scale, step)
    _text(axes, (left + SIDE + 0.55, top + SIDE / 2), "→", centred=True)
    right = left + SIDE + 1.1
    _pixels(axes, (right, top), (output[1], output[0]), scale)
    for step in range(steps):
        _box(axes, (right + step * scale, top), (scale, scale), COLOURS[step], filled=True)


def _taps(axes: "Axes", at: Place, kernel: int, dilation: int, scale: float, step: int) -> None:
    """The pixels under a dilated kernel."""
    for row in range(kernel):
        for column in range(kernel):
            corner = (at[0] + column * dilation * scale, at[1] + row * dilation * scale)
            _box(axes, corner, (scale, scale), COLOURS[step], filled=True, width=0)


# drawn beside one another, and their height in cells
ROWS = {("padding",): 9.0, ("stride",): 7.0, ("max_pooling", "output_size"): 6.2}
DRAWN = {
    "padding": _padding,
    "stride": _stride,
    "max_pooling": _pooling,
    "output_size": _size,
}


def _numbers(axes: "Axes", at: Place, values: Array, faint: Any = None) -> None:
    _pixels(axes, at, values.shape[::-1], 1)
    for (row, column), value in np.ndenumerate(values):
        quiet = faint is not None and faint[row, column]
        place = (at[0] + column + 0.5, at[1] + row + 0.5)
        _text(axes, place, str(value), centred=True, colour=muted() if quiet else None)


def _pixels(axes: "Axes", at: Place, size: tuple[int, ...], scale: float) -> None:
    """A frame of (width, height) pixels, ruled if they are not too many."""
    from matplotlib import rcParams

    (x, y), (width, height), line = at, size, rcParams["axes.edgecolor"]
    if max(size) <= RULED:
        down = [x + column * scale for column in range(1, width)]
        axes.vlines(down, y, y + height * scale, colors=line, linewidth=0.6)
        across = [y + row * scale for row in range(1, height)]
        axes.hlines(across, x, x + width * scale, colors=line, linewidth=0.6)
    _box(axes, at, (width * scale, height * scale), rcParams["text.color"], width=0.8)


def _box(
    axes: "Axes",
    at: Place,
    size: tuple[float, float],
    colour: str,
    *,
    style: str = "-",
    width: float = 1.8,
    filled: bool = False,
) -> None:
    from matplotlib.colors import to_rgba
    from matplotlib.patches import Rectangle

    inside = to_rgba(colour, 0.22) if filled else "none"
    axes.add_patch(
        Rectangle(at, *size, edgecolor=colour, facecolor=inside, linestyle=style, linewidth=width)
    )


def _text(
    axes: "Axes",
    at: Place,
    text: str,
    *,
    centred: bool = False,
    bold: bool = False,
    colour: str | None = None,
) -> None:
    written = axes.text(*at, text, va="center", fontsize="small")
    written.set_horizontalalignment("center" if centred else "left")
    written.set_fontweight("bold" if bold else "normal")
    if colour:
        written.set_color(colour)

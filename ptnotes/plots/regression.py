"""The pictures of the first lessons: the points with what was fitted to them, and the way there."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import label, new_figure
from ptnotes.plots.lettering import WIDE, headline, number
from ptnotes.plots.theme import BEST, TEST, TRAIN
from ptnotes.quantities import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]
Array = NDArray[np.float64]

# the points of the notes, which the lessons fit: lines 60 and 73, lines 203 to 207
X, Y, PASSED = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0]), np.array([0.0, 0.0, 1.0])
REACH = 6  # times the start's distance from the minimum: so far the path is shown that diverges
FAR = 100  # times the width of the axes
STEPS = 150  # of the width of the axes: of points that are closer than one, the first is drawn
LEVELS = 8  # contours, each of a loss about three times that of the next one
HOURS = np.linspace(0, 5, 201)


def backward(document: Document) -> "Figure":
    """ŷ = w·x through the points; the mean loss over w, with w before and after each update."""
    rows = [row for row in document.get("history", []) if _finite(row, "w")]
    weights = [row["w"] for row in rows]
    if _finite(document.get("result", {}), "weight"):
        weights.append(document["result"]["weight"])  # after the last update
    figure, (data, loss) = _two_panels()
    _points_and_lines(
        data, [(w, 0.0, f"ŷ = {number(w, 2)}·x") for w in weights[:1] + weights[1:][-1:]]
    )

    path = np.array(weights)
    low, high = _window(np.concatenate([path, 4 - path]), 2.0)  # the valley from both sides
    grid = np.linspace(low, high, 201)
    loss.plot(grid, _mse(grid, np.zeros(1)), color=TRAIN)
    loss.set(xlabel="w", ylabel=label("mean loss"), xlim=(low, high))
    _path(loss, path, _mse(path, np.zeros(1)))
    came_out = f"w = {number(weights[-1])}" if weights else ""
    _write_title(figure, document, came_out, rows)
    return figure


def linreg(document: Document) -> "Figure":
    """ŷ = w·x + b through the points; the loss over (w, b) as contours, with the path."""
    from matplotlib.colors import to_hex

    rows = [row for row in document.get("history", []) if _finite(row, "weight", "bias")]
    weights = np.array([row["weight"] for row in rows])
    biases = np.array([row["bias"] for row in rows])
    figure, (data, loss) = _two_panels()
    ends = list(zip(weights, biases, strict=True))
    fitted = ends[:1] + ends[1:][-1:]
    _points_and_lines(data, [(w, b, _line(w, b)) for w, b in fitted])

    (left, right), (low, high) = _window(weights, 2.0), _window(biases, 0.0)
    w, b = np.meshgrid(np.linspace(left, right, 121), np.linspace(low, high, 121))
    surface = _mse(w, b)
    levels, colour = _levels(surface.max()), to_hex(TRAIN)
    lines = loss.contour(w, b, surface, levels=levels, colors=colour, linewidths=0.7)
    loss.clabel(lines, levels[3::2], fmt="%g", fontsize="x-small")
    loss.grid(visible=False)
    loss.set(xlabel="w", ylabel="b", xlim=(left, right), ylim=(low, high))
    _path(loss, weights, biases)
    loss.set_title(label("loss over w and b"), loc="left", fontsize="small")
    came_out = f"w = {number(weights[-1])}, b = {number(biases[-1])}" if rows else ""
    _write_title(figure, document, came_out, rows)
    return figure


def logistic(document: Document) -> "Figure":
    """σ(w·x + b) through the points, with the boundary; the weight over the epochs."""
    rows = [row for row in document.get("history", []) if _finite(row, "weight", "bias")]
    figure, (data, growth) = _two_panels()
    data.plot(X, PASSED, "o", color=TRAIN, zorder=3)
    data.axhline(0.5, linestyle=":", color=BEST)
    data.set(xlabel="x", ylabel="P(y = 1)", ylim=(-0.06, 1.06), xlim=(0, 5))
    came_out = ""
    if rows:
        weight, bias = rows[-1]["weight"], rows[-1]["bias"]
        data.plot(HOURS, _sigmoid(weight * HOURS + bias), color=TEST)
        came_out = f"w = {number(weight)}, b = {number(bias)}"
        boundary = -bias / weight if weight else math.inf
        if 0 < boundary < 5:
            data.axvline(boundary, linestyle="--", color=BEST)
            data.annotate(
                f"x = {boundary:.3g}",
                (boundary, 0.02),
                xytext=(4 if boundary < 4 else -4, 0),
                textcoords="offset points",
                ha="left" if boundary < 4 else "right",
                fontsize="small",
            )
        growth.plot(
            [row["epoch"] for row in rows],
            [row["weight"] for row in rows],
            color=TEST,
            marker="o" if len(rows) == 1 else "",
        )
    growth.set_xscale("log")
    growth.set_xlim(0.9, 1.1 * max([10, *(row["epoch"] for row in rows)]))
    growth.xaxis.set_major_formatter("{x:,.0f}")
    growth.set(xlabel=label("epoch"), ylabel=label("weight"))
    decay = document["config"].get("weight_decay")
    says = "no optimum: w keeps growing"
    if isinstance(decay, int | float) and decay:
        says = f"weight decay {written('', decay)}: an optimum"
    growth.set_title(label(says), loc="left", fontsize="small")
    _write_title(figure, document, came_out, rows)
    return figure


def _two_panels() -> tuple["Figure", Sequence["Axes"]]:
    figure = new_figure(WIDE, 3.0)
    return figure, figure.subplots(1, 2)


def _finite(row: Mapping[str, Any], *names: str) -> bool:
    """Whether it has these numbers: an older version's may not."""
    return all(
        isinstance(row.get(each), int | float) and math.isfinite(row[each]) for each in names
    )


def _mse(w: Array, b: Array) -> Array:
    """The mean of (w·x + b − y)² over the three points, for arrays of one shape."""
    with np.errstate(over="ignore"):  # of a run that diverges
        errors = w[..., None] * X + b[..., None] - Y
        return np.asarray(np.square(errors).mean(axis=-1))


def _sigmoid(z: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-np.clip(z, -700, 700))))


def _line(w: float, b: float) -> str:
    sign = "−" if round(b, 2) < 0 else "+"
    return f"ŷ = {number(w, 2)}·x {sign} {number(abs(b), 2)}"


def _levels(highest: float) -> list[float]:
    """1, 3, 10, 30, … below the highest, in rising order."""
    top = math.floor(math.log10(highest))
    found = [float(f"{digit}e{top - down}") for down in range(LEVELS) for digit in (3, 1)]
    return [each for each in found if each < highest][:LEVELS][::-1]


def _window(path: Array, minimum: float) -> tuple[float, float]:
    """The part of an axis that holds the minimum and the path; of one that diverges, its start."""
    distances = np.abs(path - minimum)
    diverges = len(path) and distances[-1] > distances[0]
    near = path[distances <= REACH * max(distances[0], 0.1)] if diverges else path
    low, high = min([minimum, *near]), max([minimum, *near])
    room = 0.12 * max(high - low, 0.1)
    return low - room, high + room


def _points_and_lines(axes: "Axes", lines: Sequence[tuple[float, float, str]]) -> None:
    """The data, the line that training began with, dashed, and the one that it ended with."""
    axes.plot(X, Y, "o", color=TRAIN, zorder=3, label=label("data"))
    ends = np.array([0.0, 4.0])
    styles = (("--", "start"), ("-", "end"))
    for (slope, height, text), (style, word) in zip(lines, styles, strict=False):
        said = f"{label(word)}: {text}"
        axes.plot(ends, slope * ends + height, style, color=TEST, label=said)
    axes.set(xlabel="x", ylabel="y", xlim=(0, 4), ylim=(-1, 12), yticks=range(0, 11, 2))
    axes.legend(fontsize="small", loc="upper left")


def _path(axes: "Axes", x: Array, y: Array) -> None:
    """The way that training took: a point per update, as far as they can be told apart."""
    if not len(x):
        return
    low, high = np.transpose([axes.get_xlim(), axes.get_ylim()])
    far = FAR * (high - low)  # of a run that diverges: a canvas can't hold every number
    points = np.clip(np.column_stack([x, y]), low - far, high + far)
    steps = points / (high - low) * STEPS
    kept = [0]
    for index, (across, up) in enumerate(steps.tolist()):
        last = steps[kept[-1]]
        if abs(across - last[0]) > 1 or abs(up - last[1]) > 1:
            kept.append(index)
    axes.plot(*points[kept].T, ".-", color=TEST, linewidth=0.8, markersize=4, label=label("path"))
    for place, word, filled in ((0, "start", "none"), (-1, "end", "full")):
        axes.plot(
            *points[place],
            "o",
            color=BEST,
            fillstyle=filled,
            markersize=8,
            zorder=4,
            label=label(word),
        )
    axes.legend(fontsize="small", frameon=True, edgecolor="none", framealpha=0.8)


def _write_title(
    figure: "Figure", document: Document, came_out: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    config = document["config"]
    rate = f"{label('lr')} {written('lr', config['lr'])}" if "lr" in config else ""
    last = f"after epoch {rows[-1]['epoch']:,}: {came_out}" if rows else "no finished epoch"
    headline(figure, document, rate, label(last))

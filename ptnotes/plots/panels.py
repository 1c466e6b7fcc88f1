"""What curves are drawn on: an axes for the loss and one for the accuracy, over the epochs."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from ptnotes.plots.figure import drawable, label
from ptnotes.plots.theme import muted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

History = Sequence[Mapping[str, Any]]
Series = tuple[list[float], list[float]]  # epochs and values

# the columns of a history, of which a row has at most one
COLUMNS = {
    ("loss", "train"): ("train_loss", "loss"),
    ("loss", "val"): ("val_loss",),
    ("loss", "test"): ("test_loss",),
    ("accuracy", "train"): ("train_accuracy",),
    ("accuracy", "val"): ("val_accuracy",),
    ("accuracy", "test"): ("test_accuracy",),
}
MEASURES, PARTS = ("loss", "accuracy"), ("train", "val", "test")
HEIGHT = 1.55  # inches of an axes
AROUND = 0.85  # inches of the title above and the epochs below
MARKED, MANY = 40, 200  # epochs, up to which each has a marker, and a line its usual width
LOGARITHMIC = 20  # times the smallest loss: with a larger one the axis is logarithmic
SEPARATOR = " · "  # of a title's parts
TITLE, LINES = 50, 5  # a figure's title: the longest line in columns of a terminal, and how many
SMALL = 8.0  # points


def series(history: History, measure: str, part: str) -> Series | None:
    """What a history says of it; several rows of an epoch are spread over the epoch."""
    for name in COLUMNS[measure, part]:
        rows = [row for row in history if row.get(name) is not None]
        if rows:
            each = max(1, round(len(rows) / rows[-1]["epoch"]))
            epochs = [row["epoch"] + index % each / each for index, row in enumerate(rows)]
            return epochs, [row[name] for row in rows]
    return None


def measured(histories: Iterable[History]) -> list[str]:
    """Those of MEASURES that a history has."""
    there = [*histories]
    return [
        measure
        for measure in MEASURES
        if any(series(each, measure, part) for each in there for part in PARTS)
    ]


def height_of(measures: Sequence[str], each: float = HEIGHT) -> float:
    """Inches of a figure with an axes for each, one above the other."""
    return AROUND + each * max(1, len(measures))


def add_panels(
    parent: "Figure | SubFigure", histories: Sequence[History], *, across: bool = False
) -> dict[str, "Axes"]:
    """An axes for each measure that a history has, one above the other, or side by side."""
    from matplotlib.ticker import MaxNLocator

    measures = measured(histories)
    down, wide = (1, len(measures)) if across else (len(measures), 1)
    every = parent.subplots(down, wide, sharex=True, squeeze=False).flat if measures else ()
    panels = dict(zip(measures, every, strict=True))
    for measure, axes in panels.items():
        axes.xaxis.set_major_locator(
            MaxNLocator(7, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1)
        )
        axes.set_title(label(measure), loc="left")
        axes.margins(x=0.02)
        if all(len(each) == 1 for each in histories):
            axes.set_xlim(0.5, max(each[0]["epoch"] for each in histories) + 0.5)
        if measure == "accuracy":
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
        if across or measure == measures[-1]:
            axes.set_xlabel(label("epoch"))
    return panels


def look(epochs: Sequence[float]) -> dict[str, Any]:
    """Few epochs have a marker each; many are drawn as a thin line."""
    if len(epochs) <= MARKED:
        return {"marker": "."}
    return {"linewidth": 1.5 if len(epochs) <= MANY else 0.8}


def fit_axes(axes: "Axes", measure: str, drawn: Iterable[Series]) -> None:
    """A logarithmic axis where the loss falls far."""
    values = [value for _, each in drawn for value in each]
    if measure == "loss" and min(values) > 0 and max(values) / min(values) > LOGARITHMIC:
        axes.set_yscale("log")


def label_ends(axes: "Axes", ends: Sequence[tuple[str, float, Any]]) -> None:
    """Beside the axes, a text at the height of each value, in its colour; none covers another.

    ``ends`` are (text, value, colour). The axes has its limits.
    """
    axes.get_ylim()  # until the limits are asked for, they are not those of the lines
    to_share = axes.transScale + axes.transLimits
    places = [float(to_share.transform((1, value))[1]) for _, value, _ in ends]
    gap = 1.25 * SMALL / 72 / HEIGHT
    texts, family = drawable([text for text, _, _ in ends])
    for text, (_, _, colour), place in zip(texts, ends, apart(places, gap), strict=True):
        written = axes.text(1.02, place, text, va="center", transform=axes.transAxes)
        written.set(color=colour, fontsize=SMALL, parse_math=False, fontfamily=family)


def apart(places: Sequence[float], gap: float) -> list[float]:
    """The places in their order, moved so that a gap is between any two, within 0 to 1 if they
    fit.
    """
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = [min(max(place, 0), 1) for place in places]
    for below, above in pairwise(order):
        moved[above] = max(moved[above], moved[below] + gap)
    highest = 1.0
    for index in reversed(order):
        moved[index] = min(moved[index], highest)
        highest = moved[index] - gap
    return moved


def draw_reference(axes: "Axes", measure: str, share: float) -> None:
    """A dashed line for what always answering the larger of two classes comes to: its share, and
    the loss of predicting that share for every sample.
    """
    from matplotlib.patheffects import withStroke

    rest = 1 - share
    entropy = -sum(each * math.log(each) for each in (share, rest) if each)
    value = share if measure == "accuracy" else entropy
    axes.axhline(value, color=muted(), linestyle="--", linewidth=1, label="majority class")
    said = f"{label('majority class')} " + (f"{value:.2%}" if value == share else f"{value:.4f}")
    outline = withStroke(linewidth=2, foreground=axes.get_facecolor())
    axes.annotate(
        said,
        (0.99, value),
        xycoords=("axes fraction", "data"),
        xytext=(0, 2),
        textcoords="offset points",
        ha="right",
        color=muted(),
        fontsize=SMALL,
        path_effects=[outline],
    )


def add_title(parent: "Figure | SubFigure", title: str) -> None:
    """A title of parts with SEPARATOR between them, in up to LINES lines."""
    from rich.cells import cell_len, chop_cells

    (name,), family = drawable([title[: TITLE * LINES]])
    lines = [""]
    for part in name.split(SEPARATOR):
        for piece in chop_cells(part, TITLE) or [""]:
            joined = f"{lines[-1]}{SEPARATOR}{piece}" if lines[-1] else piece
            if cell_len(joined) > TITLE:
                lines.append(piece)
            else:
                lines[-1] = joined
    written = parent.suptitle("\n".join(lines[:LINES]), parse_math=False)
    if family:
        written.set_fontfamily(family)

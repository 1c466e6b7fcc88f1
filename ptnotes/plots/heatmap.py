"""Hidden states over time as heat maps: rnn-demo, seq."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.figure import drawable, label, new_figure
from ptnotes.plots.lettering import WIDE, headline, number
from ptnotes.plots.theme import BEST, TEST, TRAIN, WRONG, scale, scale_of, text_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Document = Mapping[str, Any]
Array = NDArray[np.float64]

HELLO, OHLOL, ALPHABET = "hello", "ohlol", "ehlo"  # what seq reads and learns, and its characters
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
EXACT = 1e-9  # where a difference of 0 is drawn, below all that float32 can show
MOST = 320  # numbers in a heat map
TEXTS = 6  # of the text over the epochs, at most so many


def rnn_demo(document: Document) -> "Figure":
    """The cell's state step by step; how far the cells by hand are from torch's."""
    result = document.get("result", {})
    figure = new_figure(WIDE, 2.7)
    states, differences = figure.subplots(1, 2)
    steps = [[0.0, 0.0], *(step["hidden"] for step in result.get("steps", []))]
    heat(states, np.array(steps).T, signed=True)
    states.set_xticks(
        range(len(steps)), [f"h{str(at).translate(SUBSCRIPTS)}" for at in range(len(steps))]
    )
    states.set_yticks(range(len(steps[0])))
    states.set(xlabel=label("step"), ylabel=label("unit"))
    states.set_title(label("hidden state of an RNN cell"), loc="left")

    found = {
        label(name.replace("_", " ")): off for name, off in result.get("differences", {}).items()
    }
    wrong = [off > 1e-3 for off in found.values()]
    differences.barh(
        list(found),
        [max(off, EXACT) for off in found.values()],
        color=[WRONG if each else TRAIN for each in wrong],
    )
    differences.set_xscale("log")
    differences.invert_yaxis()
    differences.set(xlim=(EXACT, 10), xlabel=label("largest difference"))
    differences.set_title(label("cells by hand beside torch's"), loc="left")
    off = result.get("largest_difference")
    headline(figure, document, f"{label('largest difference')} {off:.1e}" if off else "")
    return figure


def seq(document: Document) -> "Figure":
    """The trained network reading "hello": its state and the probabilities at each character, and
    the loss over the epochs with what it said.
    """
    result, history = document.get("result", {}), document.get("history", [])
    states = _by_character(result.get("hidden"))
    probabilities = _by_character(result.get("probabilities"), len(ALPHABET))
    said = str(result.get("text", history[-1].get("text", "") if history else ""))
    figure = new_figure(WIDE, 3.8)
    grid = figure.add_gridspec(2, 2, height_ratios=(3, 2))
    if states is None or probabilities is None:  # of an older version
        _loss(figure.add_subplot(grid[:, :]), history)
    else:
        hidden, likely = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[1, 0])
        heat(hidden, states.T, signed=True)
        hidden.set_xticks(range(len(HELLO)), list(HELLO))
        hidden.set(xlabel=label("input"), ylabel=label("hidden unit"))
        heat(likely, probabilities.T, signed=False)
        most = [ALPHABET[index] for index in probabilities.argmax(axis=1)]
        likely.set_xticks(range(len(HELLO)), most)
        likely.set_yticks(range(len(ALPHABET)), list(ALPHABET))
        likely.set(xlabel=label("output"), ylabel=f"{label('probability')} (%)")
        _outline(likely, [(place, ALPHABET.index(each)) for place, each in enumerate(OHLOL)])
        _loss(figure.add_subplot(grid[:, 1]), history)
    headline(figure, document, f"{HELLO} → {said}" if said else "")
    return figure


def _by_character(values: Any, width: int | None = None) -> Array | None:
    """(5, ``width``) numbers, a row for each character that is read; None for what isn't that."""
    try:
        found = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    right = found.ndim == 2 and len(found) == len(HELLO) and 0 < found.size <= MOST
    return found if right and width in (None, found.shape[1]) else None


def heat(axes: "Axes", values: Array, *, signed: bool) -> None:
    """A cell for each number, which stands in it: from −1 to 1, or from 0 to 1 in percent."""
    colours = scale_of(TEST, TRAIN) if signed else scale(TRAIN)
    lowest = -1.0 if signed else 0.0
    axes.imshow(values, cmap=colours, vmin=lowest, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(values):
        colour = colours((value - lowest) / (1 - lowest))
        axes.text(
            *(column, row, number(value, 2) if signed else f"{100 * value:.0f}"),
            ha="center",
            va="center",
            fontsize="x-small",
            color=text_on(colour),
        )
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)


def _outline(axes: "Axes", cells: Sequence[tuple[int, int]]) -> None:
    """Frames around cells (column, row): what is right."""
    from matplotlib.patches import Rectangle

    for column, row in cells:
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(Rectangle(corner, 1, 1, fill=False, edgecolor=BEST, linewidth=2))


def _loss(axes: "Axes", history: Sequence[Mapping[str, Any]]) -> None:
    """The loss of each epoch, and the text where it changed."""
    from matplotlib.ticker import MaxNLocator

    rows = [row for row in history if isinstance(row.get("train_loss"), int | float)]
    axes.plot([row["epoch"] for row in rows], [row["train_loss"] for row in rows], color=TRAIN)
    texts = [str(row.get("text", "")) for row in rows]
    changed = [at for at, text in enumerate(texts) if text and (not at or text != texts[at - 1])]
    every = max(1, -(-len(changed) // TEXTS))
    for at in changed[::-1][::every]:  # the last one in any case
        (text,), family = drawable([texts[at]])
        axes.plot(rows[at]["epoch"], rows[at]["train_loss"], "o", color=TEST, markersize=4)
        axes.annotate(
            text,
            (rows[at]["epoch"], rows[at]["train_loss"]),
            xytext=(5, 3),
            textcoords="offset points",
            fontsize="small",
            fontfamily=["monospace", *(family or ())],
            parse_math=False,
        )
    axes.set(xlabel=label("epoch"), ylabel=label("loss per character"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.15)
    axes.set_xlim(left=0)

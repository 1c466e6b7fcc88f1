"""The loss over the learning rate, with the rate that it suggests."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ptnotes.plots.curves import title_of
from ptnotes.plots.figure import WIDTH, label, new_figure
from ptnotes.plots.panels import SEPARATOR, SMALL, add_title
from ptnotes.plots.theme import BEST, TEST, TRAIN, muted

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ABOVE = 0.35  # of the way from the lowest loss to the first: so much of an explosion is shown


def lr_find(document: Mapping[str, Any]) -> "Figure":
    """The loss of every update and its smoothed curve over the rate, on a logarithmic axis."""
    rows, result = document.get("history", []), document.get("result", {})
    config = document["config"]
    figure = new_figure(WIDTH, 3.0)
    axes = figure.subplots()
    rates = [row["lr"] for row in rows]
    smoothed = [row["smoothed_loss"] for row in rows]
    axes.plot(rates, [row["loss"] for row in rows], ".", color=muted(), markersize=3)
    axes.plot(rates, smoothed, color=TRAIN)
    axes.set(xscale="log", xlabel=label("learning rate"), ylabel=label("loss"))
    if smoothed:
        low, high = min(smoothed), max(smoothed[: len(smoothed) // 2 + 1])
        room = max(ABOVE * (high - low), 0.02 * high)
        axes.set_ylim(max(low - room, -0.04 * high), high + room)  # no loss is below 0
    suggested = result.get("suggestion")
    if suggested is not None:
        axes.axvline(suggested, color=BEST, linestyle="--", zorder=1)
        lowest = result["lowest_loss_lr"], result["lowest_loss"]
        axes.plot(*lowest, "o", color=TEST, fillstyle="none", markersize=7)
        axes.set_title(label(f"suggestion {suggested:g}"), loc="right", color=BEST, fontsize=SMALL)
        axes.set_title(label(f"lowest at {lowest[0]:.2g}"), loc="left", color=TEST, fontsize=SMALL)
    of = title_of({**document, "topic": config["lesson"]})
    add_title(figure, SEPARATOR.join(["lr-find", of]))
    return figure

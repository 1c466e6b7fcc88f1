"""The losses of classification over the probability that a network gives the right answer."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ptnotes.plots.figure import label, new_figure
from ptnotes.plots.lettering import WIDE, headline
from ptnotes.plots.panels import apart
from ptnotes.plots.theme import TEST, TRAIN
from ptnotes.quantities import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HIGHEST = 5.0  # loss; what is above is marked at the upper edge
LETTER = 0.08  # of an axes' height: so far apart are two of them
NAMED = 6  # samples, up to which each is written beside its point
# closer and closer together at both ends, where the logarithms are steep
PROBABILITIES = 1 / (1 + np.exp(-np.linspace(-6, 6, 301)))


def losses(document: Mapping[str, Any]) -> "Figure":
    """−log p with the samples of the run, and BCE for both labels with the table of the notes."""
    config, result = document["config"], document.get("result", {})
    figure = new_figure(WIDE, 2.9)
    cross, binary = figure.subplots(1, 2, sharey=True)

    cross.plot(PROBABILITIES, -np.log(PROBABILITIES), color=TRAIN)
    samples = zip(result.get("probabilities", ()), config["targets"], strict=False)
    found = result.get("losses", {}).get("cross_entropy_loss", [])
    targets = (row[target] for row, target in samples)
    _mark(cross, list(zip(targets, found, strict=False)), TEST)
    cross.set(xlabel=label("probability of the target"), ylabel=label("loss"))
    cross.set_title(f"{label('cross-entropy')}: −log p", loc="left", fontsize="small")

    table = result.get("bce_table", ())
    for y, p, formula, colour, style in (
        (1, PROBABILITIES, "−log ŷ", TRAIN, "-"),
        (0, 1 - PROBABILITIES, "−log (1 − ŷ)", TEST, "--"),
    ):
        binary.plot(PROBABILITIES, -np.log(p), style, color=colour, label=f"y = {y}: {formula}")
        rows = [row for row in table if row["y"] == y]
        _mark(binary, [(row["y_hat"], row["loss"]) for row in rows], colour, rising=y == 0)
    binary.set(xlabel="ŷ")
    binary.set_title("BCE", loc="left", fontsize="small")
    binary.legend(fontsize="small", loc="upper center")
    for axes in (cross, binary):
        axes.set(xlim=(0, 1), ylim=(0, HIGHEST))
    means = [
        f"{name} {written('loss', result[field])}"
        for name, field in ((label("cross-entropy"), "cross_entropy"), ("BCE", "bce_mean"))
        if isinstance(result.get(field), float)
    ]
    headline(figure, document, label("mean loss") + ": " + ", ".join(means) if means else "")
    return figure


def _mark(
    axes: "Axes", points: Sequence[tuple[float, float]], colour: str, *, rising: bool = False
) -> None:
    """A point for each (probability, loss), and the loss beside it where they are few."""
    heights = [min(loss, HIGHEST) for _, loss in points]
    texts = apart([height / HIGHEST for height in heights], LETTER)
    for (p, loss), height, beside in zip(points, heights, texts, strict=True):
        sign = "^" if loss > HIGHEST else "o"
        axes.plot(p, height, sign, color=colour, zorder=3, clip_on=False)
        if len(points) <= NAMED:
            aside = -1 if rising or p > 0.85 else 1
            axes.annotate(
                written("loss", loss),
                (p, beside * HIGHEST),
                xytext=(8 * aside, 4 if loss <= HIGHEST else 0),
                textcoords="offset points",
                ha="left" if aside > 0 else "right",
                va="center",
                fontsize="small",
            )

"""Each lesson's own picture, drawn from the JSON document of a run."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ptnotes.plots import (
    classification,
    curves,
    experiment,
    grids,
    heatmap,
    losses,
    lr_find,
    regression,
    verdicts,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Document = Mapping[str, Any]

PICTURES: dict[str, Callable[[Document], "Figure"]] = {
    "backward": regression.backward,
    "linreg": regression.linreg,
    "logistic": regression.logistic,
    "losses": losses.losses,
    "lr-find": lr_find.lr_find,
    "conv-demo": grids.conv_demo,
    "rnn-demo": heatmap.rnn_demo,
    "seq": heatmap.seq,
    "names": classification.names,
    "verify": verdicts.verdicts,
    "reproduce": experiment.cells,
}


def picture(document: Document) -> "Figure":
    """The topic's own picture, of a run that may not have come to its result; else its curve."""
    draw = PICTURES.get(document["topic"], curves.of_document)
    return draw(document)

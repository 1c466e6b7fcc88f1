"""An inspection as a figure."""

from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.inspect.activations import LETTERS
from ptnotes.inspect.inspection import Inspection
from ptnotes.plots import network
from ptnotes.plots.theme import drawn
from ptnotes.runs.document import Document

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = 40  # characters of an input in a title


def draw(document: Document, found: Inspection, theme: str) -> "Figure":
    """What an input comes to, or else the layers, in a theme of ``plots.theme``.

    Raises DataError if the user's settings forbid matplotlib.
    """
    seen = found.seen
    filters = found.filters and (found.filters.layer, found.filters.values.numpy())
    letters = found.letter_map and (LETTERS, *found.letter_map)
    if seen is None:
        return drawn(theme, network.of_layers, document, found.layers(), filters, letters)
    label, share = next(iter(seen.probabilities.items()))
    outcome = f"{_short(found)} → {label}, {share:.2%}"
    contributions, probabilities = seen.contributions.numpy(), seen.probabilities
    # a flattened output shows nothing new, and the last one is what the probabilities come from
    steps = [each for each in found.steps[:-1] if not each.layer.endswith("flatten")]
    outputs = [(each.layer, each.output.numpy()) for each in steps]
    if seen.by_prefix is not None:
        name, shares = found.letters(), seen.by_prefix.numpy()
        return drawn(
            theme,
            network.of_name,
            document,
            outcome,
            name,
            contributions,
            found.classes,
            shares,
            letters,
        )
    if filters is None:
        row = found.sample.inputs[0][0].numpy()
        return drawn(
            theme,
            network.of_features,
            document,
            outcome,
            row,
            contributions,
            probabilities,
            outputs,
        )
    assert found.sample.prediction is not None
    assert found.sample.prediction.image is not None
    image = found.sample.prediction.image.numpy()
    return drawn(
        theme,
        network.of_image,
        document,
        outcome,
        image,
        contributions,
        probabilities,
        filters,
        outputs,
    )


def _short(found: Inspection) -> str:
    """The input: of a file its name."""
    text = found.sample.name if found.topic == "names" else Path(found.sample.name).name
    return text if len(text) <= NAME else f"…{text[-NAME:]}"

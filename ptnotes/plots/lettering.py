"""What the pictures of the lessons write: their headline, and numbers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ptnotes.plots.curves import title_of
from ptnotes.plots.panels import SEPARATOR, add_title

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WIDE = 5.4  # inches of a figure with two axes side by side


def headline(figure: "Figure", document: Mapping[str, Any], *outcome: str) -> None:
    """Which run it is, and what came out."""
    add_title(figure, SEPARATOR.join(filter(None, [title_of(document), *outcome])))


def number(value: float, places: int = 4) -> str:
    """With a minus sign that is one, and none before a zero."""
    text = f"{round(value, places) + 0.0:.{places}f}" if abs(value) < 1e4 else f"{value:.3g}"
    return text.replace("-", "−")

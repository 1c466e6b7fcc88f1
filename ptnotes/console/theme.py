"""The look of the terminal: a few roles, each with one style.

The colours are the terminal's own sixteen, which its user has chosen to suit its background.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from rich.text import Text

from ptnotes.console.escape import printable
from ptnotes.events import Marked
from ptnotes.language import translate

STYLES = {
    "title": "bold",
    "accent": "cyan",
    "dim": "dim",
    "good": "green",
    "bad": "red",
    "warning": "yellow",
    "best": "bold green",
    "headline": "bold cyan",
}
BARS = "▁▂▃▄▅▆▇█"


def styled(text: str, role: str = "") -> Text:
    """The text translated, its control characters escaped; a Marked one in its own colours."""
    if isinstance(text, Marked):
        parts = [(_lines(part), STYLES.get(each, each)) for part, each in text.parts]
        return Text.assemble(*parts)
    return Text(_lines(translate(text)), style=STYLES.get(role, role))


def _lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


def sparkline(values: Sequence[float], width: int) -> str:
    """A curve of block characters, at most ``width`` wide: the means of equal stretches.

    Positive values that span two orders of magnitude are on a logarithmic scale.
    """
    count = min(width, len(values))
    edges = [index * len(values) // count for index in range(count + 1)] if count else []
    means = [sum(values[a:b]) / (b - a) for a, b in pairwise(edges)]
    if means and 0 < 100 * min(means) < max(means):
        means = [math.log(value) for value in means]
    low, high = min(means, default=0), max(means, default=0)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0
    return "".join(BARS[round((value - low) * scale)] for value in means)

"""What the pictures of the lessons write: their headline, numbers, letters on colours."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ptnotes.plots.curves import title_of
from ptnotes.plots.figure import drawable

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def headline(figure: "Figure", document: Mapping[str, Any], outcome: str = "") -> None:
    """Which run it is, and below it what came out."""
    lines, family = drawable([title_of(document), *filter(None, [outcome])])
    figure.suptitle("\n".join(lines), fontfamily=family, parse_math=False)


def number(value: float, places: int = 4) -> str:
    """With a minus sign that is one, and none before a zero."""
    text = f"{round(value, places) + 0.0:.{places}f}" if abs(value) < 1e4 else f"{value:.3g}"
    return text.replace("-", "−")


def letters_on(colour: Any) -> str:
    """Black or white, whichever is easier to read on a colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = (each**2.2 for each in to_rgb(colour))
    return "black" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18 else "white"

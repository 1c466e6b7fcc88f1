"""The colours of figures, light and dark; colour-blind readers can tell them apart."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ptnotes.language import language
from ptnotes.plots.figure import cjk_families, load_matplotlib

if TYPE_CHECKING:
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

THEMES = ("light", "dark")
# a figure's colours by what they stand for: places in the theme's cycle
TRAIN, TEST, BEST, WRONG = "C0", "C1", "C2", "C3"

# Okabe and Ito's, those that are legible on the background first
CYCLES = {
    "light": ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"),
    "dark": ("#56B4E9", "#E69F00", "#2FBF9A", "#D98CB9", "#F0E442", "#FF7F50", "#FFFFFF"),
}
GROUNDS = {"light": "#FFFFFF", "dark": "#15191F"}
TEXTS = {"light": "#1A1A1A", "dark": "#E6E6E6"}
LINES = {"light": "#B8B8B8", "dark": "#4A525C"}


@contextlib.contextmanager
def applied(theme: str) -> Iterator[None]:
    """Within it, figures are made in the colours of a theme of THEMES, with letters of the language
    of the screen. Raises DataError if the user's settings forbid matplotlib.
    """
    load_matplotlib()
    from matplotlib import rc_context

    with rc_context(_settings(theme)):
        yield


def drawn(theme: str, draw: Callable[..., "Figure"], *arguments: Any, **options: Any) -> "Figure":
    """The figure that ``draw`` returns, with the theme's colours for good: it can be saved outside
    of ``applied``.
    """
    with applied(theme):
        figure = draw(*arguments, **options)
        _resolve_colours(figure)
    return figure


def _resolve_colours(figure: "Figure") -> None:
    """Lines and texts keep "C0" as it is, and would take its colour from the settings when they are
    saved. Looking at all artists makes the axes' ticks too, which take theirs when they are made.
    """
    from matplotlib.colors import to_hex
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

    for artist in figure.findobj(lambda each: isinstance(each, Line2D | Text)):
        if str(artist.get_color()).startswith("C"):
            artist.set_color(to_hex(artist.get_color()))
        if isinstance(artist, Line2D):
            for part in ("markerfacecolor", "markeredgecolor"):
                colour = getattr(artist, f"get_{part}")()
                if str(colour).startswith("C"):
                    getattr(artist, f"set_{part}")(to_hex(colour))


def muted() -> str:
    """The colour of what stands back: reference lines, remarks."""
    from matplotlib import rcParams
    from matplotlib.colors import to_hex, to_rgb

    text, ground = to_rgb(rcParams["text.color"]), to_rgb(rcParams["axes.facecolor"])
    return to_hex([0.65 * one + 0.35 * other for one, other in zip(text, ground, strict=True)])


def scale(colour: str) -> "Colormap":
    """From the background through a colour towards that of the text."""
    from matplotlib import rcParams
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    ground, middle = rcParams["axes.facecolor"], to_rgb(colour)
    end = [
        (one + other) / 2 for one, other in zip(middle, to_rgb(rcParams["text.color"]), strict=True)
    ]
    return LinearSegmentedColormap.from_list("scale", [ground, middle, end])


def _settings(theme: str) -> dict[str, Any]:
    from matplotlib import cycler, rcParams

    ground, text, line = GROUNDS[theme], TEXTS[theme], LINES[theme]
    families = [*rcParams["font.family"], *(cjk_families() if language() == "zh" else ())]
    return {
        "axes.prop_cycle": cycler(color=CYCLES[theme]),
        **dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), ground),
        **dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), text),
        **dict.fromkeys(("axes.edgecolor", "grid.color", "legend.edgecolor"), line),
        **dict.fromkeys(("axes.spines.top", "axes.spines.right"), False),
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "font.family": families,
        "font.size": 9.5,
        "axes.titlesize": "medium",
        "figure.titlesize": "medium",
        "figure.titleweight": "bold",
        "image.cmap": {"light": "Blues", "dark": "cividis"}[theme],
    }

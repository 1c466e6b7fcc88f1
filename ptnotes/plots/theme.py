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


def check_theme(theme: str) -> None:
    """Raises ValueError for one that is not in THEMES."""
    if theme not in THEMES:
        raise ValueError(f"theme is {theme!r}, not one of {', '.join(THEMES)}")


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

    for artist in figure.findobj():
        if not isinstance(artist, Line2D | Text):
            continue
        if str(artist.get_color()).startswith("C"):
            artist.set_color(to_hex(artist.get_color()))
        if isinstance(artist, Line2D):
            for part in ("markerfacecolor", "markeredgecolor"):
                colour = getattr(artist, f"get_{part}")()
                if str(colour).startswith("C"):
                    getattr(artist, f"set_{part}")(to_hex(colour))


def scale(colour: str) -> "Colormap":
    """From near the background through a colour towards that of the text."""
    from matplotlib import rcParams
    from matplotlib.colors import LinearSegmentedColormap

    ground, text = rcParams["axes.facecolor"], rcParams["text.color"]
    stops = [_mixed(ground, colour, 0.15), colour, _mixed(colour, text, 0.6)]
    return LinearSegmentedColormap.from_list("scale", stops)


def scale_of(colour: str, below: str | None = None) -> "Colormap":
    """From the background to a colour; with ``below`` from that one through the background."""
    from matplotlib import rcParams
    from matplotlib.colors import LinearSegmentedColormap, to_rgb

    found = [*([below] if below else []), rcParams["axes.facecolor"], colour]
    return LinearSegmentedColormap.from_list("scale", [to_rgb(each) for each in found])


def grey_scale() -> "Colormap":
    """From the background a part of the way to the text's colour."""
    from matplotlib import rcParams

    return scale_of(_mixed(rcParams["axes.facecolor"], rcParams["text.color"], 0.4))


def text_on(cell: Any) -> str:
    """Black or white, whichever is legible on a colour."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(cell)
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.55 else "white"


def muted() -> str:
    """The colour of what stands back: reference lines, remarks."""
    from matplotlib import rcParams

    return _mixed(rcParams["axes.facecolor"], rcParams["text.color"], 0.65)


def _mixed(one: Any, other: Any, share: float) -> str:
    from matplotlib.colors import to_hex, to_rgb

    pairs = zip(to_rgb(one), to_rgb(other), strict=True)
    red, green, blue = ((1 - share) * first + share * second for first, second in pairs)
    return to_hex((red, green, blue))


def _settings(theme: str) -> Any:
    from matplotlib import rcParams
    from matplotlib.rcsetup import cycler

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
    }

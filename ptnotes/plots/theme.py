"""The colours of figures, light and dark; colour-blind readers can tell them apart."""

import contextlib
from collections.abc import Iterator
from typing import Any

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
    """Within it, figures are made and saved in the colours of a theme of THEMES."""
    from matplotlib import rc_context

    with rc_context(_settings(theme)):
        yield


def _settings(theme: str) -> dict[str, Any]:
    from matplotlib import cycler

    ground, text, line = GROUNDS[theme], TEXTS[theme], LINES[theme]
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
        "figure.titlesize": "medium",
        "image.cmap": {"light": "Blues", "dark": "cividis"}[theme],
    }

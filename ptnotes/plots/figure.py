"""Figures made and saved; matplotlib draws without a display."""

import io
import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.errors import UsageError
from ptnotes.files import atomic_write, check_writable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")


def check_path(path: Path, option: str) -> None:
    """Raises UsageError or DataError, before the work, for a file that can't be drawn to."""
    if path.suffix.lower() not in FORMATS:
        raise UsageError(f"{option}: {path} should end in {', '.join(FORMATS)}")
    check_writable(path)


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure of so many inches."""
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)  # importing it warns where it can't write its cache
    from matplotlib.figure import Figure

    logger.setLevel(level)
    figure = Figure(figsize=(width, height), layout="constrained")
    # pyplot would register it with a notebook's display; without it the figure shows itself
    figure._repr_png_ = lambda: _png(figure)  # type: ignore[attr-defined]
    return figure


def _png(figure: "Figure") -> bytes:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    return content.getvalue()


def save(figure: "Figure", path: Path) -> None:
    """PNG, SVG or PDF by the ending. Raises DataError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font doesn't have
        atomic_write(path, lambda temporary: figure.savefig(temporary, dpi=100))

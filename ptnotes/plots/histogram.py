"""A picture of the counts."""

from pathlib import Path

import numpy as np

from ptnotes.errors import UsageError
from ptnotes.stats.accumulators import Counts
from ptnotes.stats.sums import Sums
from ptnotes.files import check_place, write_whole

COLOURS = {1: ("black",), 3: ("tab:red", "tab:green", "tab:blue")}
ENDINGS = (".png", ".svg", ".pdf")
BINS = 256  # 16-bit levels are put together by 256


def check(path: Path) -> None:
    """Raises UsageError or DataError, before the work, for a place that can't be drawn to."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"--histogram: {path} should end in {', '.join(ENDINGS)}")
    check_place(path)


def check_type(floats: bool) -> None:
    """Raises UsageError for floats."""
    if floats:
        raise UsageError("--histogram draws counted levels, and these images hold floats")


def draw(values: Counts | Sums, path: Path) -> None:
    """A line per channel: the share of values at each of 256 levels.

    Raises UsageError for floats, DataError if the file can't be written.
    """
    check_type(floats=isinstance(values, Sums))
    assert isinstance(values, Counts)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    table = values.table.reshape(values.channels, BINS, -1).sum(axis=2)
    shares = table / table.sum(axis=1, keepdims=True)
    colours = COLOURS.get(values.channels, (None,) * values.channels)
    figure = Figure(figsize=(7, 3.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for share, colour in zip(shares, colours, strict=True):
        axes.stairs(share, np.arange(BINS + 1) - 0.5, color=colour)
    axes.set(xlabel="level", ylabel="share of pixels", yscale="log", xlim=(-1, BINS))
    write_whole(path, lambda place: figure.savefig(place, dpi=150))

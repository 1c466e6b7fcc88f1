"""The figures of a run, drawn from its events."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ptnotes.errors import PtnotesError
from ptnotes.events import Event, RunRecord
from ptnotes.plots.classification import confusion
from ptnotes.plots.curves import curve
from ptnotes.plots.figure import check_path, save


def check_paths(plot: Path | None, confusion: Path | None) -> None:
    """Raises UsageError or DataError, before the work, for a file that can't be drawn to."""
    for path, option in ((plot, "--plot"), (confusion, "--confusion")):
        if path:
            check_path(path, option)


def with_plots(
    events: Iterable[Event], *, plot: Path | None = None, matrix: Path | None = None
) -> Iterator[Event]:
    """Pass a run's events on and draw them in the end: the curve, the confusion matrix.

    An interrupted run's curve is drawn as far as it goes. Raises DataError, after the Result.
    """
    record = RunRecord()

    def draw_curve() -> None:
        if plot and record.rows:
            save(curve(record.history(), record.header.topic), plot)

    try:
        yield from record.follow(events)
    except BaseException:  # an interruption too
        with contextlib.suppress(PtnotesError):
            draw_curve()
        raise
    draw_curve()
    if matrix and record.result:
        save(confusion(record.result.values["confusion"], record.header.classes), matrix)

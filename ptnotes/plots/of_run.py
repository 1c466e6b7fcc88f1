"""The figures of a run, drawn from its events."""

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from ptnotes.errors import PtnotesError
from ptnotes.events import Event, RunRecord
from ptnotes.plots import curves
from ptnotes.plots.classification import confusion_of
from ptnotes.plots.figure import check_path, save
from ptnotes.plots.theme import drawn


def check_paths(plot: Path | None, confusion: Path | None) -> None:
    """Raises UsageError or DataError, before the work, for a file that can't be drawn to."""
    for path, option in ((plot, "--plot"), (confusion, "--confusion")):
        if path:
            check_path(path, option)


def with_plots(
    events: Iterable[Event],
    *,
    plot: Path | None = None,
    matrix: Path | None = None,
    theme: str = "light",
) -> Iterator[Event]:
    """Pass a run's events on and draw them in the end: the lesson's picture, the confusion matrix;
    of several seeds the mean curve with its band.

    An interrupted run's picture is drawn as far as it goes. ``theme`` is one of theme.THEMES.
    Raises DataError, after the Result.
    """
    record = RunRecord()

    def draw_picture() -> None:
        from ptnotes.plots.pictures import picture  # needs numpy

        if plot and record.seeds:
            save(drawn(theme, curves.of_seeds, record), plot)
        elif plot and (record.rows or record.result) and "seeds" not in record.header.config:
            save(drawn(theme, picture, record.document()), plot)

    try:
        yield from record.follow(events)
    except BaseException:  # an interruption too
        with contextlib.suppress(PtnotesError):
            draw_picture()
        raise
    draw_picture()
    if matrix and record.result:
        classes = record.header.classes
        save(drawn(theme, confusion_of, record.document(), classes), matrix)

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ptnotes.console import progress
from ptnotes.console.progress import ProgressBar
from ptnotes.console.render import MAX_UPDATES, SHOWN, _is_shown
from ptnotes.events import EpochRow, Progress, Row


@given(st.integers(1, 5000))
def test_selection_is_even(rows):
    picked = [index for index in range(rows) if _is_shown(index, Row(), rows)]
    assert len(picked) == (rows if rows <= MAX_UPDATES else SHOWN)
    assert picked[0] == 0
    assert picked[-1] == rows - 1
    gaps = [b - a for a, b in pairwise(picked)]
    assert not gaps or max(gaps) - min(gaps) <= 2


def test_every_epoch_is_shown():
    row = EpochRow(1, 0.5)
    assert all(_is_shown(index, row, 500) for index in range(500))


def advanced(monkeypatch, *events):
    """The task that the bar shows after these events, on a terminal."""
    monkeypatch.setattr(progress, "UPDATE_SECONDS", 0)
    bar = ProgressBar(Console(force_terminal=True, quiet=True), quiet=False)
    for event in events:
        bar.advance(event)
    bar.stop()
    (task,) = bar.bar.tasks
    return task.description, task.completed, task.total


def test_bar_of_what_has_no_epochs_and_no_known_end(monkeypatch):
    events = Progress(None, 64, None, "images"), Progress(None, 128, 500, "images")
    assert advanced(monkeypatch, *events) == ("images", 128, 500)


def test_bar_starts_again_with_every_epoch(monkeypatch):
    events = Progress(1, 5, 10), Progress(1, 10, 10), Progress(2, 3, 12, of="t")
    assert advanced(monkeypatch, *events) == ("t epoch 2", 3, 12)

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from ptnotes.console.progress import advance, progress_bar
from ptnotes.console.render import _is_shown
from ptnotes.events import Header, Progress


@given(st.integers(1, 5000), st.integers(2, 40))
def test_selection_is_even(rows, shown):
    header = Header("t", {}, {}, rows=rows, shown=shown)
    picked = [index for index in range(rows) if _is_shown(index, header)]
    assert len(picked) == min(rows, shown)
    assert picked[0] == 0
    assert picked[-1] == rows - 1
    gaps = [b - a for a, b in pairwise(picked)]
    assert not gaps or max(gaps) - min(gaps) <= 2


def test_bar_of_what_has_no_epochs_and_no_known_end():
    bar = progress_bar(Console(), quiet=True)
    for progress in (Progress(None, 64, None, "images"), Progress(None, 128, 500, "images")):
        advance(bar, progress)
    (task,) = bar.tasks
    assert (task.description, task.completed, task.total) == ("images", 128, 500)


def test_bar_starts_again_with_every_epoch():
    bar = progress_bar(Console(), quiet=True)
    for progress in (Progress(1, 5, 10), Progress(1, 10, 10), Progress(2, 3, 12, of="t")):
        advance(bar, progress)
    (task,) = bar.tasks
    assert (task.description, task.completed, task.total) == ("t epoch 2", 3, 12)

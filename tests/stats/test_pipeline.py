"""Worker processes: the same answer, in order, few at a time, and no hanging."""

import itertools
import multiprocessing
import os
import signal
import time

import pytest

from ptnotes.errors import WorkerError
from ptnotes.stats import workers
from ptnotes.stats.decode import Item, Reading
from ptnotes.stats.tally import Tally


@pytest.fixture
def paths(folder):
    return sorted(str(path) for path in folder.rglob("*.*") if path.suffix != ".md")


def test_order_and_sum_are_those_of_one_process(paths, monkeypatch):
    monkeypatch.setattr(workers, "CHUNK", 2)
    items = [Item(path, path) for path in paths]
    alone = list(workers.tallies(items, Reading(), "pixel", 1))
    together = list(workers.tallies(items, Reading(), "pixel", 2))
    assert [tally.rows for tally in together] == [tally.rows for tally in alone]
    assert sum(together, Tally()) == sum(alone, Tally())
    assert multiprocessing.active_children() == []


def test_items_are_taken_as_they_are_needed(paths):
    taken = 0

    def endless():
        nonlocal taken
        for path in itertools.cycle(paths):
            taken += 1
            yield Item(path, path)

    running = workers.tallies(endless(), Reading(), None, 2)
    for _ in range(3):
        next(running)
    assert taken <= (3 + 2 * workers.OUTSTANDING) * workers.CHUNK
    running.close()
    assert multiprocessing.active_children() == []


def test_chunks_are_bounded_in_bytes():
    items = [Item(str(index), bytes(3 << 20)) for index in range(7)]
    assert [len(chunk) for chunk in workers.chunks(items)] == [3, 3, 1]


def test_a_killed_worker_is_an_error(paths):
    running = workers.tallies(
        (Item(path, path) for path in itertools.cycle(paths)), Reading(), None, 2
    )
    next(running)
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(WorkerError, match="killed"):
        for _ in running:
            assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []

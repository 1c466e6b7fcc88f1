"""Worker processes: the same answer, in order, few at a time, and no hanging."""

import itertools
import multiprocessing
import os
import signal
import time

import pytest

from ptnotes.errors import WorkerError
from ptnotes.stats import pipeline
from ptnotes.stats.decode import DecodeOptions, Item
from ptnotes.stats.partial import PartialStats


@pytest.fixture
def paths(folder):
    return sorted(str(path) for path in folder.rglob("*.*") if path.suffix != ".md")


def test_order_and_sum_are_those_of_one_process(paths, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 2)
    items = [Item(path, path) for path in paths]
    one = list(pipeline.accumulate_in_chunks(items, DecodeOptions(), "pixel", 1))
    several = list(pipeline.accumulate_in_chunks(items, DecodeOptions(), "pixel", 2))
    assert [partial.rows for partial in several] == [partial.rows for partial in one]
    assert sum(several, PartialStats()) == sum(one, PartialStats())
    assert multiprocessing.active_children() == []


def test_items_are_taken_as_they_are_needed(paths):
    taken = 0

    def endless():
        nonlocal taken
        for path in itertools.cycle(paths):
            taken += 1
            yield Item(path, path)

    running = pipeline.accumulate_in_chunks(endless(), DecodeOptions(), None, 2)
    for _ in range(3):
        next(running)
    assert taken <= (3 + 2 * pipeline.OUTSTANDING) * pipeline.CHUNK
    running.close()
    assert multiprocessing.active_children() == []


def test_chunks_are_bounded_in_bytes():
    items = [Item(str(index), bytes(3 << 20)) for index in range(7)]
    assert [len(chunk) for chunk in pipeline.chunks(items)] == [3, 3, 1]


def test_a_killed_worker_is_an_error(paths):
    running = pipeline.accumulate_in_chunks(
        (Item(path, path) for path in itertools.cycle(paths)), DecodeOptions(), None, 2
    )
    next(running)
    os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
    started = time.monotonic()
    with pytest.raises(WorkerError, match="killed"):
        for _ in running:
            assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []

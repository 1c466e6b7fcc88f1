"""Worker processes: the same answer, in order, few at a time, and no hanging."""

import itertools
import multiprocessing
import time

import pytest

from ptnotes.errors import WorkerError
from ptnotes.stats import channel_stats, pipeline, workers
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.items import Item
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
    assert taken <= (3 + 2 * workers.OUTSTANDING) * pipeline.CHUNK
    running.close()
    assert multiprocessing.active_children() == []


def test_outstanding_bytes_are_bounded(paths, monkeypatch):
    monkeypatch.setattr(workers, "MAX_HELD", 1000)
    monkeypatch.setattr(pipeline, "CHUNK", 1)
    with open(paths[0], "rb") as file:
        content = file.read()
    taken = []
    items = (taken.append(index) or Item(str(index), content) for index in range(40))
    running = pipeline.accumulate_in_chunks(items, DecodeOptions(), None, 4)
    next(running)
    assert len(taken) * len(content) <= 1000 + 2 * len(content)
    assert 1 + sum(1 for _ in running) == 40


def test_new_interpreters_where_there_is_no_fork(folder, paths, monkeypatch):
    monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    monkeypatch.setattr(pipeline, "CHUNK", 4)
    assert channel_stats(folder, workers=2) == channel_stats(folder)
    assert multiprocessing.active_children() == []


def test_more_workers_than_the_system_waits_for(folder, monkeypatch):
    class Pool(workers.ProcessPoolExecutor):
        def __init__(self, count, *arguments, **options):
            assert count == 3
            super().__init__(2, *arguments, **options)

    monkeypatch.setattr(pipeline, "CHUNK", 1)
    monkeypatch.setattr(workers, "ProcessPoolExecutor", Pool)
    monkeypatch.setattr(workers, "MAX_PROCESSES", 3)
    assert channel_stats(folder, workers=200).images == 12


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ImportError("no sem_open")])
def test_processes_that_can_not_be_started(cli, folder, monkeypatch, error):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(pipeline, "CHUNK", 2)
    monkeypatch.setattr(workers.ProcessPoolExecutor, "submit", fail)
    done = cli("stats", folder, "--workers", "2")
    assert done.exit_code == 1
    assert "--workers 1" in done.stderr
    assert cli("stats", folder, "--workers", "1").exit_code == 0


def test_relative_paths_are_those_of_now(folder, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 2)
    monkeypatch.chdir(folder.parent)
    assert channel_stats("images", workers=2).images == 12
    monkeypatch.chdir(folder)
    assert channel_stats("a", workers=2).images == 8


@pytest.mark.parametrize("value", ["x", "0", "-1", ""])
def test_processes_that_torchrun_does_not_count(cli, folder, monkeypatch, value):
    monkeypatch.setenv("LOCAL_WORLD_SIZE", value)
    assert cli("stats", folder).exit_code == 2


def test_chunks_are_bounded_in_bytes():
    items = [Item(str(index), bytes(3 << 20)) for index in range(7)]
    assert [len(chunk) for chunk in pipeline.chunks(items)] == [3, 3, 1]


def test_a_killed_worker_is_an_error(paths):
    running = pipeline.accumulate_in_chunks(
        (Item(path, path) for path in itertools.cycle(paths)), DecodeOptions(), None, 2
    )
    next(running)
    multiprocessing.active_children()[0].kill()
    started = time.monotonic()
    with pytest.raises(WorkerError, match="killed"):
        for _ in running:
            assert time.monotonic() - started < 30
    assert multiprocessing.active_children() == []

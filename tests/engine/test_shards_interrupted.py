"""Shards whose step is interrupted, and several at once."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import nn

from ptnotes.engine.shards import Shards
from tests.engine.test_shards import workers


class Slow(nn.Linear):
    """Ctrl-C arrives while the main thread computes its shard or while it waits for the other."""

    interrupt = ""

    def forward(self, x):
        if not self.interrupt:
            return super().forward(x)
        if threading.current_thread() is threading.main_thread():
            if self.interrupt == "computing":
                raise KeyboardInterrupt
        else:
            time.sleep(0.1)  # the main thread has come to its wait
            if self.interrupt == "waiting":
                signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
            time.sleep(0.1)
        return super().forward(x)


@pytest.fixture
def ctrl_c():
    """Interrupts, in a process that was started in the background too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("when", ["computing", "waiting"])
@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs pthread_kill")
def test_interrupted_step_leaves_nothing_behind(when, ctrl_c):
    """The next step's results are its own, not those of the shard that was still computed."""
    torch.set_num_threads(2)
    model, x = Slow(5, 3), torch.randn(8, 5)
    with Shards(2, model, nn.CrossEntropyLoss()) as shards:
        wanted = shards.forward(x)
        model.interrupt = when
        with pytest.raises(KeyboardInterrupt):
            shards.forward(torch.zeros(8, 5))
        model.interrupt = ""
        for _ in range(2):
            assert torch.equal(shards.forward(x), wanted)
    assert not workers()


def test_workers_keep_one_thread():
    """Whatever number another run sets before the worker computes for the first time."""
    torch.set_num_threads(2)
    with Shards(2, nn.Linear(5, 3), nn.CrossEntropyLoss()) as shards:
        time.sleep(0.1)  # it waits for its first job
        with ThreadPoolExecutor(1) as other:
            other.submit(torch.set_num_threads, 2).result()
        assert shards._map(lambda _: torch.get_num_threads(), [torch.zeros(2)]) == [1, 1]


def test_shards_inside_shards():
    """As a training that is started by another one's progress."""
    torch.set_num_threads(2)
    model, criterion = nn.Linear(5, 3), nn.CrossEntropyLoss()
    x = torch.randn(7, 5)
    with Shards(2, model, criterion) as outer, Shards(3, model, criterion) as inner:
        assert torch.equal(outer.forward(x), inner.forward(x))
    assert torch.get_num_threads() == 2
    assert not workers()


def test_shards_of_one_object_are_entered_once():
    torch.set_num_threads(2)
    shards = Shards(2, nn.Linear(5, 3), nn.CrossEntropyLoss())
    with shards, pytest.raises(RuntimeError, match="already"), shards:
        pass
    with shards:  # again, after its end
        assert len(workers()) == 1
    assert torch.get_num_threads() == 2
    assert not workers()


def test_threads_that_share_shards():
    """Each gets the outputs of its own batch."""
    torch.set_num_threads(2)
    model = nn.Linear(5, 3)
    batches = [torch.randn(9, 5) for _ in range(8)]
    with Shards(3, model, nn.CrossEntropyLoss()) as shards:
        wanted = [shards.forward(batch) for batch in batches]
        with ThreadPoolExecutor(4) as pool:
            for _ in range(20):
                found = pool.map(shards.forward, batches)
                assert all(map(torch.equal, found, wanted))

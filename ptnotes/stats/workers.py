"""Chunks of images counted in several processes, in order."""

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from ctypes import c_bool
from multiprocessing.context import BaseContext

from ptnotes.errors import WorkerError
from ptnotes.stats.decode import DecodeOptions, describe_error
from ptnotes.stats.items import Item
from ptnotes.stats.pages import accumulate
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import Weight

OUTSTANDING = 3  # chunks per worker: one in work, the others so that it never waits
MAX_HELD = 128 << 20  # bytes in outstanding chunks
MAX_PROCESSES = 61 if sys.platform == "win32" else sys.maxsize  # that one can wait for

# In a worker, true when the work is no longer wanted. It has no lock, which every image would take.
_stop: c_bool | None = None


def in_processes(
    chunks: Iterable[list[Item]], options: DecodeOptions, details: Weight | None, workers: int
) -> Generator[PartialStats, None, None]:
    """The statistics of each chunk, in order.

    Raises WorkerError if a worker process can't be started or dies.
    """
    workers = min(workers, MAX_PROCESSES)
    pending: deque[tuple[Future[PartialStats], int]] = deque()
    held = 0
    with _failures_to_start():
        context = _context(options)
        stop = context.RawValue(c_bool, False)
        pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(stop,))
    try:
        for chunk in chunks:
            size = sum(item.nbytes for item in chunk)
            with _failures_to_start():  # each of the first chunks starts a process
                pending.append((pool.submit(_accumulate_chunk, chunk, options, details), size))
            held += size
            while len(pending) == workers * OUTSTANDING or held > MAX_HELD:
                future, size = pending.popleft()
                held -= size
                yield future.result()
        for future, _ in pending:
            yield future.result()
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process was killed, perhaps for want of memory; "
            "run it again, with fewer --workers"
        ) from error
    finally:
        stop.value = True
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _failures_to_start() -> Iterator[None]:
    """No semaphores, too many open files or processes, a directory that is gone."""
    try:
        yield
    except (OSError, ImportError, NotImplementedError) as error:
        raise WorkerError(
            f"no worker process can be started ({describe_error(error)}); "
            "--workers 1 reads in this one"
        ) from error


def _context(options: DecodeOptions) -> BaseContext:
    """Workers fork from a small server that has imported what they need, not from this process.

    Forking this one would copy torch's threads in an undefined state; where there is no such
    server, every worker is a new interpreter.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    transforms = ["torchvision.transforms.v2"] if options.transforms else []
    context.set_forkserver_preload([__name__, *transforms])
    return context


def _start_worker(stop: c_bool) -> None:
    """Set up a worker: Ctrl-C is the parent's to handle, and no worker outlives it."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _accumulate_chunk(
    chunk: list[Item], options: DecodeOptions, details: Weight | None
) -> PartialStats:
    def while_wanted() -> Iterator[Item]:
        for item in chunk:
            if _stop is not None and _stop.value:
                return
            yield item

    return accumulate(while_wanted(), options, details)

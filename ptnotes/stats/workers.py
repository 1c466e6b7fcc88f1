"""Chunks of images, counted in worker processes; results come back in order."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_bool
from itertools import islice

import numpy as np
from PIL import Image

from ptnotes.errors import WorkerError
from ptnotes.stats.decode import Item, Reading
from ptnotes.stats.per_image import Weight
from ptnotes.stats.tally import Tally, tally_images

CHUNK = 64  # images: a few ms of work, against less than one to hand it over
CHUNK_BYTES = 8 << 20  # where an item carries its bytes, a chunk is no larger than this
OUTSTANDING = 3  # chunks per worker: one in work, the others so that it never waits

# In a worker, true when the work is no longer wanted. It has no lock, which every image would take.
_stop: c_bool | None = None


def held(item: Item) -> int:
    """The bytes in memory that wait with an item."""
    match item.content:
        case bytes() as content:
            return len(content)
        case np.ndarray() as pixels:
            return pixels.nbytes
        case Image.Image() as image:
            return 4 * image.width * image.height
    return 0


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut into lists of up to 64 items, taken from the iterator as they are needed."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += held(item)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def tallies(
    items: Iterable[Item], reading: Reading, details: Weight | None, workers: int
) -> Generator[Tally, None, None]:
    """The tally of each chunk, in order. One worker is this process itself.

    Raises WorkerError if a worker process dies.
    """
    if workers == 1:
        for chunk in chunks(items):
            yield tally_images(chunk, reading, details)
        return
    context = _context(reading)
    stop = context.RawValue(c_bool, False)
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(stop,))
    try:
        work = chunks(items)
        pending: deque[Future[Tally]] = deque()
        while True:
            for chunk in islice(work, workers * OUTSTANDING - len(pending)):
                pending.append(pool.submit(_tally_chunk, chunk, reading, details))
            if not pending:
                return
            yield pending.popleft().result()
    except BrokenProcessPool as error:
        raise WorkerError(
            "a worker process was killed, perhaps for want of memory; "
            "run it again, with fewer --workers"
        ) from error
    finally:
        stop.value = True
        pool.shutdown(wait=True, cancel_futures=True)


def _context(reading: Reading) -> multiprocessing.context.BaseContext:
    """Workers fork from a small server that has imported what they need, not from this process.

    Forking this one would copy torch's threads, half of them; where there is no such server,
    every worker starts from nothing.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    transforms = ["torchvision.transforms.v2"] if reading.transforms else []
    context.set_forkserver_preload(["ptnotes.stats.tally", *transforms])
    return context


def _start(stop: c_bool) -> None:
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


def _tally_chunk(chunk: list[Item], reading: Reading, details: Weight | None) -> Tally:
    def while_wanted() -> Iterator[Item]:
        for item in chunk:
            if _stop is not None and _stop.value:
                return
            yield item

    return tally_images(while_wanted(), reading, details)

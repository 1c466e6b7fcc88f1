"""From a source to its statistics: select the images, count them chunk by chunk, add up.

Several workers are processes. multiprocessing is imported only for them.
"""

import contextlib
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from ctypes import c_bool
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from PIL import Image

from ptnotes.engine.runtime import usable_cores
from ptnotes.errors import DataError, WorkerError
from ptnotes.events import Progress
from ptnotes.stats.decode import DecodeOptions, Item
from ptnotes.stats.partial import PartialStats, accumulate_images
from ptnotes.stats.per_image import Shortcuts, Weight
from ptnotes.stats.sharding import Listing, Selection, checksum
from ptnotes.stats.sources import Source
from ptnotes.stats.sources.arrays import ArraySource
from ptnotes.stats.sources.files import ImageSource

if TYPE_CHECKING:
    from concurrent.futures import Future
    from multiprocessing.context import BaseContext

T = TypeVar("T")
Partials = Generator[PartialStats, None, None]

CHUNK = 64  # images: a few ms of work, compared with less than one to send it to a worker
CHUNK_BYTES = 8 << 20  # where an item carries its bytes, a chunk ends at this size
OUTSTANDING = 3  # chunks per worker: one in work, the others so that it never waits

# In a worker, true when the work is no longer wanted. It has no lock, which every image would take.
_stop: c_bool | None = None


def default_workers() -> int:
    """The usable cores, shared among torchrun's processes on this machine."""
    return max(1, usable_cores() // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))


def gather(
    source: Source,
    options: DecodeOptions,
    selection: Selection,
    *,
    details: Weight | None = None,
    workers: int = 1,
    shortcuts: Shortcuts | None = None,
) -> Generator[Progress, None, tuple[PartialStats, Listing]]:
    """Read, count and add up; returns the statistics, and what the source lists in all.

    Raises DataError if there are no images, UsageError for an array that can't be converted,
    WorkerError if a worker dies.
    """
    if isinstance(source, ArraySource):
        work = _array_work(source, options, selection, details, workers)
    else:
        work = _image_work(source, options, selection, details, workers)
    whole = PartialStats()
    with contextlib.closing(work.partials):  # an interruption stops the workers at once
        for partial in work.partials:
            if shortcuts is not None:
                shortcuts.add(partial.rows)
            whole += partial
            yield Progress(None, whole.images_seen, work.total(), "images")
    listing = work.listing or Listing(whole.images_seen, 0)
    if listing.count == 0:
        raise DataError(f"no images in {source.where}")
    return whole, listing


def drain(steps: Generator[Progress, None, T]) -> T:
    """Run to the end and ignore the progress; returns what ``steps`` returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: T = stop.value
            return result


@dataclass(frozen=True)
class _Work:
    """Statistics to come, of about how many images, of which the source lists these."""

    partials: Partials
    total: Callable[[], int | None]
    listing: Listing | None


def _image_work(
    source: ImageSource,
    options: DecodeOptions,
    selection: Selection,
    details: Weight | None,
    workers: int,
) -> _Work:
    if selection.everything and not source.quick:
        items = source.items(selection.wants())
        partials = accumulate_in_chunks(items, options, details, workers)
        return _Work(partials, source.expected, None)
    listing = Listing.of(source.names())
    places = selection.draw(listing.count)
    total = -(-len(places) // selection.shard.count)  # about: checksums decide
    workers = min(workers, max(1, total // CHUNK))  # a process takes a while to start
    items = source.items(selection.wants(places))
    partials = accumulate_in_chunks(items, options, details, workers)
    return _Work(partials, lambda: total, listing)


def _array_work(
    source: ArraySource,
    options: DecodeOptions,
    selection: Selection,
    details: Weight | None,
    workers: int,
) -> _Work:
    count = len(source.array)
    places = selection.draw(count)[selection.shard.index - 1 :: selection.shard.count]
    name = f"{os.path.basename(source.where)} {source.array.shape} {source.array.dtype}"
    if options == DecodeOptions(alpha=options.alpha):
        partials = source.partials(places, details)
    else:
        partials = accumulate_in_chunks(source.items(places), options, details, workers)
    return _Work(partials, lambda: len(places), Listing(count, checksum(name)))


def nbytes(item: Item) -> int:
    """The bytes in memory that an item holds until it is read."""
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
        size += nbytes(item)
        if len(chunk) == CHUNK or size >= CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def accumulate_in_chunks(
    items: Iterable[Item], options: DecodeOptions, details: Weight | None, workers: int
) -> Partials:
    """The statistics of each chunk, in order. One worker is this process itself.

    Raises WorkerError if a worker process dies.
    """
    if workers > 1:
        yield from _in_processes(items, options, details, workers)
    else:
        for chunk in chunks(items):
            yield accumulate_images(chunk, options, details)


def _in_processes(
    items: Iterable[Item], options: DecodeOptions, details: Weight | None, workers: int
) -> Partials:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    context = _context(options)
    stop = context.RawValue(c_bool, False)
    pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(stop,))
    try:
        work = chunks(items)
        pending: deque[Future[PartialStats]] = deque()
        while True:
            for chunk in islice(work, workers * OUTSTANDING - len(pending)):
                pending.append(pool.submit(_accumulate_chunk, chunk, options, details))
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


def _context(options: DecodeOptions) -> "BaseContext":
    """Workers fork from a small server that has imported what they need, not from this process.

    Forking this one would copy torch's threads in an undefined state; where there is no such
    server, every worker is a new interpreter.
    """
    import multiprocessing

    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    transforms = ["torchvision.transforms.v2"] if options.transforms else []
    # without concurrent.futures here every worker would import it, at a cost of 0.1 s
    context.set_forkserver_preload([__name__, "concurrent.futures.process", *transforms])
    return context


def _start_worker(stop: c_bool) -> None:
    """Set up a worker: Ctrl-C is the parent's to handle, and no worker outlives it."""
    global _stop
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    import multiprocessing

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

    return accumulate_images(while_wanted(), options, details)

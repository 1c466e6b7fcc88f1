"""From a source to its statistics: select the images, count them chunk by chunk, add up."""

import contextlib
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from ptnotes.engine.runtime import usable_cores
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Progress
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.items import Item
from ptnotes.stats.pages import accumulate
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import Shortcuts, Weight
from ptnotes.stats.sharding import Listing, Selection, checksum
from ptnotes.stats.sources import Source
from ptnotes.stats.sources.arrays import ArraySource
from ptnotes.stats.sources.files import ImageSource

T = TypeVar("T")
Partials = Generator[PartialStats, None, None]

CHUNK = 64  # images: a few ms of work, compared with less than one to send it to a worker
MAX_GROUPS = 10_000  # folders that are counted by themselves
MAX_GROUPED = 1 << 30  # bytes of their counts
CHUNK_BYTES = 8 << 20  # where an item carries its bytes, a chunk ends at this size


def default_workers() -> int:
    """The usable cores, shared among torchrun's processes on this machine. Raises UsageError."""
    processes = os.environ.get("LOCAL_WORLD_SIZE", "1")
    if not processes.isascii() or not processes.isdigit() or int(processes) < 1:
        raise UsageError(f"LOCAL_WORLD_SIZE is {processes!r}, not a number of processes")
    return max(1, usable_cores() // int(processes))


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

    Raises DataError if there are no images, UsageError for an option that doesn't go with them,
    WorkerError if a worker dies.
    """
    if isinstance(source, ArraySource):
        if option := options.pixels.of_files:
            raise UsageError(f"{option} goes with images in files, and {source.where} is an array")
        work = _array_work(source, options, selection, details, workers)
    else:
        work = _image_work(source, options, selection, details, workers)
    whole = PartialStats()
    with contextlib.closing(work.partials):  # an interruption stops the workers at once
        for partial in work.partials:
            if shortcuts is not None:
                shortcuts.add(partial.rows)
            whole += partial
            _check_groups(whole)
            yield Progress(None, whole.items_seen, work.total(), "images")
    listing = work.listing or Listing(whole.items_seen, 0)
    if listing.count == 0:
        raise DataError(f"no images in {source.where}")
    if selection.shard.count == 1:
        listing.check_read(whole.items_seen, selection.limit)
    return whole, listing


def _check_groups(whole: PartialStats) -> None:
    """Raises UsageError where so many folders would fill the memory."""
    for (channels, scale), stats in whole.stats.items():
        most = min(MAX_GROUPS, MAX_GROUPED // (8 * channels * (scale + 1)))
        if len(stats.groups) > most:
            raise UsageError(f"more than {most} folders are too many for --by folder")


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
    count = source.shape[0]
    places = selection.draw(count)[selection.shard.index - 1 :: selection.shard.count]
    name = f"{os.path.basename(source.where)} {source.shape} {source.array.dtype}"
    if options.converts:
        partials = accumulate_in_chunks(source.items(places), options, details, workers)
    else:
        partials = source.partials(places, options, details)
    return _Work(partials, lambda: len(places), Listing(count, checksum(name)))


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Cut into lists of up to 64 items, taken from the iterator as they are needed."""
    chunk: list[Item] = []
    size = 0
    for item in items:
        chunk.append(item)
        size += item.nbytes
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
        from ptnotes.stats.workers import in_processes

        yield from in_processes(chunks(items), options, details, workers)
    else:
        for chunk in chunks(items):
            yield accumulate(chunk, options, details)

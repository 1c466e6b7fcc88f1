"""From a source to one tally: choose the images, have them counted, add up."""

import contextlib
import os
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ptnotes.errors import DataError
from ptnotes.events import Progress
from ptnotes.stats import workers as pool
from ptnotes.stats.sources.arrays import Arrays
from ptnotes.stats.sources.files import Images
from ptnotes.stats.decode import Reading
from ptnotes.stats.listing import WHOLE, Listing, Shard, checksum, sample, wanted
from ptnotes.stats.per_image import Weight
from ptnotes.stats.shortcuts import Shortcuts
from ptnotes.stats.sources import Source
from ptnotes.stats.tally import Tally

Result = TypeVar("Result")


@dataclass(frozen=True)
class Choice:
    """Which of a source's images to read: a shard of ``limit`` drawn ones (None: of all)."""

    shard: Shard = WHOLE
    limit: int | None = None
    seed: int = 0

    @property
    def everything(self) -> bool:
        return self.shard.count == 1 and self.limit is None


def cores() -> int:
    """The cores that this process may use, shared among torchrun's processes on this machine."""
    try:
        usable = len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        usable = os.cpu_count() or 1
    return max(1, usable // int(os.environ.get("LOCAL_WORLD_SIZE", 1)))


def gather(
    source: Source,
    reading: Reading,
    choice: Choice,
    *,
    details: Weight | None = None,
    workers: int = 1,
    shortcuts: Shortcuts | None = None,
) -> Generator[Progress, None, tuple[Tally, Listing]]:
    """Read, count and add up; returns the tally, and what the source lists in all.

    Raises DataError if there are no images, UsageError for an array that can't be converted,
    WorkerError if a worker dies.
    """
    if isinstance(source, Arrays):
        started = _start_on_array(source, reading, choice, details, workers)
    else:
        started = _start_on_images(source, reading, choice, details, workers)
    whole = Tally()
    with contextlib.closing(started.tallies):  # an interruption stops the workers at once
        for tally in started.tallies:
            if shortcuts is not None:
                shortcuts.add(tally.rows)
            whole += tally
            yield Progress(None, whole.done, started.total(), "images")
    listing = started.listing or Listing(whole.done, 0)
    if listing.count == 0:
        raise DataError(f"no images in {source.where}")
    return whole, listing


def finished(steps: Generator[Progress, None, Result]) -> Result:
    """Run to the end without looking at the progress; returns what ``steps`` returns."""
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            result: Result = stop.value
            return result


@dataclass(frozen=True)
class _Started:
    """Tallies to come, of about how many images, of which the source lists these."""

    tallies: Generator[Tally, None, None]
    total: Callable[[], int | None]
    listing: Listing | None


def _start_on_images(
    images: Images, reading: Reading, choice: Choice, details: Weight | None, workers: int
) -> _Started:
    if choice.everything and not images.quick:
        items = images.items(wanted(choice.shard, None))
        return _Started(pool.tallies(items, reading, details, workers), images.expected, None)
    listing = Listing.of(images.names())
    chosen, places = listing.count, None
    if choice.limit is not None:
        places = sample(listing.count, choice.limit, choice.seed)
        chosen = len(places)
    total = -(-chosen // choice.shard.count)  # about: checksums decide
    workers = min(workers, max(1, total // pool.CHUNK))  # a process takes a while to start
    items = images.items(wanted(choice.shard, places))
    return _Started(pool.tallies(items, reading, details, workers), lambda: total, listing)


def _start_on_array(
    source: Arrays, reading: Reading, choice: Choice, details: Weight | None, workers: int
) -> _Started:
    places: Sequence[int] = range(len(source.array))
    if choice.limit is not None:
        places = sample(len(places), choice.limit, choice.seed)
    places = places[choice.shard.index - 1 :: choice.shard.count]
    name = f"{os.path.basename(source.where)} {source.array.shape} {source.array.dtype}"
    listing = Listing(len(source.array), checksum(name))
    if reading == Reading(alpha=reading.alpha):
        tallies = source.tallies(places, details)
    else:
        tallies = pool.tallies(source.items(places), reading, details, workers)
    return _Started(tallies, lambda: len(places), listing)

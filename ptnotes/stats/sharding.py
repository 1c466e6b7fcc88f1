"""Which images a run reads, and the results of shards: part files, processes of torchrun."""

import hashlib
import json
import os
import random
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ptnotes.engine import distributed
from ptnotes.errors import DataError, PtnotesError
from ptnotes.events import Progress
from ptnotes.files import atomic_write
from ptnotes.stats.partial import Kind, PartialStats
from ptnotes.stats.statistics import ChannelStats

FORMAT = 1


@dataclass(frozen=True)
class Shard:
    """Shard ``index`` (from 1) of ``count``."""

    index: int = 1
    count: int = 1

    def holds(self, name: str) -> bool:
        """Whether the checksum of a name falls into this shard, so that order plays no role."""
        return self.count == 1 or checksum(name) % self.count == self.index - 1


@dataclass(frozen=True)
class Selection:
    """Which of a source's images to read: those of a shard, of ``limit`` drawn ones (None: all)."""

    shard: Shard = Shard()
    limit: int | None = None
    seed: int = 0

    @property
    def everything(self) -> bool:
        return self.shard.count == 1 and self.limit is None

    def draw(self, count: int) -> Sequence[int]:
        """The places that all shards together read, of ``count``: ``limit`` random ones, in order.

        Not evenly spaced ones: data sets have periods. MNIST's images at even places have the mean
        0.1227, those at odd places 0.1386.
        """
        if self.limit is None:
            return range(count)
        return sorted(random.Random(self.seed).sample(range(count), min(self.limit, count)))

    def wants(self, places: Sequence[int] | None = None) -> Callable[[int, str], bool]:
        """The test for an image by place and name: one of ``places`` (None: any), in the shard."""
        chosen = places if places is None or isinstance(places, range) else frozenset(places)
        return lambda index, name: (chosen is None or index in chosen) and self.shard.holds(name)


@dataclass(frozen=True)
class Listing:
    """How many images there are, and the sum of their names' checksums: equal in all shards."""

    count: int
    names: int

    @classmethod
    def of(cls, names: Iterable[str]) -> "Listing":
        count = total = 0
        for name in names:
            count += 1
            total += checksum(name)
        return cls(count, total % 2**64)


def checksum(name: str) -> int:
    """64 bits. Not CRC-32, which is linear: the sums of numbered files' names would be alike."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(name), digest_size=8).digest())


@dataclass(frozen=True)
class Part:
    """A shard's statistics, and what all shards of a data set have in common."""

    options: dict[str, Any]
    listing: Listing
    shard: Shard
    partial: PartialStats

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types; exact numbers are not rounded."""
        return {
            "ptnotes_stats_part": FORMAT,
            "options": self.options,
            "listing": asdict(self.listing),
            "shard": asdict(self.shard),
            "stats": [
                {"examples": self.partial.examples[kind], **stats.document()}
                for kind, stats in self.partial.stats.items()
            ],
            "broken": self.partial.broken,
            "broken_count": self.partial.broken_count,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Part":
        """Raises KeyError, TypeError or ValueError for what ``document`` did not write."""
        stats: dict[Kind, ChannelStats] = {}
        examples = {}
        for entry in document["stats"]:
            one = ChannelStats.from_document(entry)
            kind = (one.channels, one.values.scale)
            stats[kind], examples[kind] = one, tuple(entry["examples"])
        broken = tuple((name, reason) for name, reason in document["broken"])
        return cls(
            options=dict(document["options"]),
            listing=Listing(**document["listing"]),
            shard=Shard(**document["shard"]),
            partial=PartialStats(stats, examples, broken, document["broken_count"]),
        )


def write_part(path: Path, part: Part) -> None:
    """Write a part file atomically. Raises DataError."""
    text = json.dumps(part.document(), allow_nan=False)
    atomic_write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_part(path: Path) -> Part:
    """Raises DataError for what isn't a complete part file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path} is not a part file: it is not JSON") from error
    if not isinstance(document, dict) or document.get("ptnotes_stats_part") != FORMAT:
        raise DataError(f"{path} is not a part file that --shard … --out wrote")
    try:
        return Part.from_document(document)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is a damaged part file: {error!r}") from error


def merge_parts(parts: Sequence[tuple[str, Part]]) -> Part:
    """All parts of a data set as one; each comes with the name to use in errors.

    Raises DataError if one is missing or given twice, or if they were read with other options or
    from other data.
    """
    (first_name, first), *rest = parts
    by_index = {first.shard.index: first_name}
    partial = first.partial
    for name, part in rest:
        _check_compatible(first_name, first, name, part)
        if part.shard.index in by_index:
            raise DataError(
                f"{by_index[part.shard.index]} and {name} overlap: "
                f"both are part {part.shard.index} of {part.shard.count}"
            )
        by_index[part.shard.index] = name
        partial += part.partial
    missing = sorted(set(range(1, first.shard.count + 1)) - set(by_index))
    if missing:
        raise DataError(
            f"part {', '.join(map(str, missing))} of {first.shard.count} is missing: "
            "the result would not be that of the whole"
        )
    return Part(first.options, first.listing, Shard(), partial)


def _check_compatible(first_name: str, first: Part, name: str, part: Part) -> None:
    for option in first.options.keys() | part.options.keys():
        ours, theirs = first.options.get(option), part.options.get(option)
        if ours != theirs:
            raise DataError(
                f"{first_name} and {name} come from different options: "
                f"{option} is {ours} in one and {theirs} in the other"
            )
    if first.shard.count != part.shard.count:
        raise DataError(
            f"{first_name} is one of {first.shard.count} parts, {name} one of {part.shard.count}"
        )
    if first.listing != part.listing:
        raise DataError(
            f"{first_name} and {name} come from different data: "
            f"one lists {first.listing.count} images, the other {part.listing.count}"
            + (", of other names" if first.listing.count == part.listing.count else "")
        )


def merge_processes(
    own: Generator[Progress, None, Part],
) -> Generator[Progress, None, Part | None]:
    """Under torchrun, the merged parts of all processes on rank 0 and None on the others.

    Elsewhere, what ``own`` returns. Raises DataError on rank 0 for an error on any rank: another
    process must not fail first, or torchrun ends rank 0 while it still waits for the rest.
    """
    if distributed.world_size() == 1:
        return (yield from own)
    found: Part | PtnotesError
    try:
        found = yield from own
    except PtnotesError as error:
        found = error
    parts = distributed.gather_on_rank0(found)
    if parts is None:
        return None
    return merge_parts([(f"process {rank}", part) for rank, part in enumerate(parts)])

"""Which images a run reads: those of a shard, of a random subset."""

import hashlib
import os
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ptnotes.errors import DataError

MAX_SHARDS = 999_999


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

    def check_read(self, images: int, limit: int | None) -> None:
        """Raises DataError if not so many were found again when they were to be read."""
        expected = self.count if limit is None else min(limit, self.count)
        if images != expected:
            raise DataError(
                f"{expected} images were listed and {images} read: "
                "they changed meanwhile; run it again"
            )


def checksum(name: str) -> int:
    """64 bits. Not CRC-32, which is linear: the sums of numbered files' names would be alike."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(name), digest_size=8).digest())

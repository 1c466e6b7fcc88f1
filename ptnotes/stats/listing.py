"""Which images a run reads: all of them, a shard, or a subset. Names decide, not contents."""

import hashlib
import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

Wanted = Callable[[int, str], bool]  # by place in the listing, and by name


@dataclass(frozen=True)
class Shard:
    """Part ``index`` (from 1) of ``count``."""

    index: int = 1
    count: int = 1

    def holds(self, name: str) -> bool:
        """Whether a name's checksum puts it into this shard: the order of names is no matter."""
        return checksum(name) % self.count == self.index - 1


WHOLE = Shard()


@dataclass(frozen=True)
class Listing:
    """How many images there are, and the sum of their names' checksums: what shards must share."""

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
    """64 bits. Not CRC-32: it is linear, so that numbered files' sums come out alike."""
    return int.from_bytes(hashlib.blake2b(os.fsencode(name), digest_size=8).digest())


def sample(count: int, limit: int, seed: int) -> list[int]:
    """``limit`` of ``count`` places (or all), drawn at random, in order.

    Not evenly spaced ones: data sets have periods. MNIST's images at even places have the mean
    0.1227, those at odd places 0.1386.
    """
    return sorted(random.Random(seed).sample(range(count), min(limit, count)))


def wanted(shard: Shard, places: Iterable[int] | None) -> Wanted:
    """The test for an image that the shard holds, at one of ``places`` (None: any)."""
    chosen = None if places is None else frozenset(places)
    return lambda index, name: (chosen is None or index in chosen) and shard.holds(name)

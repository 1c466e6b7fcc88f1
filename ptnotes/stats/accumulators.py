"""8- and 16-bit values, counted: exact whatever the order and the number of images."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Histogram = NDArray[np.int64]

LEVELS = {"uint8": 256, "uint16": 65536}


@dataclass(frozen=True, eq=False)
class Counts:
    """How often every level occurs in every channel: ``table`` is (C, 256) or (C, 65536)."""

    table: Histogram

    @property
    def channels(self) -> int:
        return len(self.table)

    @property
    def scale(self) -> int:
        """The level that stands for 1.0: 255 or 65535."""
        return int(self.table.shape[1]) - 1

    @cached_property
    def totals(self) -> tuple[int, ...]:
        """Σx of every channel, in Python's integers where int64 might overflow."""
        return tuple(self._power_sum(channel, 1) for channel in range(self.channels))

    @cached_property
    def squares(self) -> tuple[int, ...]:
        """Σx² of every channel."""
        return tuple(self._power_sum(channel, 2) for channel in range(self.channels))

    def _power_sum(self, channel: int, power: int) -> int:
        counts = self.table[channel]
        levels = np.arange(len(counts)) ** power
        if int(counts.sum()) * self.scale**power < 2**63:
            return int(counts @ levels)
        used = np.flatnonzero(counts)
        pairs = zip(levels[used].tolist(), counts[used].tolist(), strict=True)
        return sum(level * count for level, count in pairs)

    @property
    def low(self) -> tuple[int, ...]:
        return tuple(int(np.flatnonzero(row)[0]) for row in self.table)

    @property
    def high(self) -> tuple[int, ...]:
        return tuple(int(np.flatnonzero(row)[-1]) for row in self.table)

    @property
    def zeros(self) -> tuple[int, ...]:
        """How many values are 0."""
        return tuple(self.table[:, 0].tolist())

    @property
    def fulls(self) -> tuple[int, ...]:
        """How many values are at the highest level."""
        return tuple(self.table[:, -1].tolist())

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.table + other.table)

    def document(self) -> dict[str, Any]:
        """What ``from_document`` reads: JSON's types alone."""
        return {"counts": self.table.tolist()}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Counts":
        return cls(np.array(document["counts"], dtype=np.int64))


def count(block: NDArray[Any]) -> Counts:
    """The histograms of a block (N, C, H, W) of uint8 or uint16."""
    levels = LEVELS[block.dtype.name]
    channels = range(block.shape[1])
    return Counts(
        np.stack([np.bincount(block[:, c].reshape(-1), minlength=levels) for c in channels])
    )

"""What popular shortcuts give, beside the exact answer."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ptnotes.stats.per_image import ImageSums
from ptnotes.stats.rounding import nearest_sqrt

BATCH_SIZE = 64  # the notes' (line 542)


@dataclass
class Shortcuts:
    """The notes' loop (line 489) and the mean of per-image deviations, fed image by image.

    The notes average over batches, so a short last one counts too much; this takes their formula
    without the rounding of float32, which comes on top. Images of several sizes don't batch.
    """

    sizes: set[int] = field(default_factory=set)
    batch: list[ImageSums] = field(default_factory=list)
    batches: int = 0
    images: int = 0
    batch_sums: list[list[Fraction]] = field(default_factory=list)  # Σ mean, Σ mean square
    image_sums: list[list[float]] = field(default_factory=list)  # Σ mean, Σ std

    def add(self, rows: Iterable[ImageSums]) -> None:
        """Take in the next images, in order, all of as many channels."""
        for row in rows:
            self.batch_sums = self.batch_sums or [[Fraction(0)] * 2 for _ in row.totals]
            self.image_sums = self.image_sums or [[0.0] * 2 for _ in row.totals]
            self.images += 1
            self.sizes = self.sizes if len(self.sizes) > 1 else self.sizes | {row.pixels}
            for sums, total, squares in zip(self.image_sums, row.totals, row.squares, strict=False):
                mean = Fraction(total) / row.pixels
                variance = Fraction(squares) / row.pixels - mean**2
                sums[0] += float(mean)
                sums[1] += nearest_sqrt(variance)
            self.batch.append(row)
            if len(self.batch) == BATCH_SIZE:
                self._close_batch()

    def _close_batch(self) -> None:
        if not self.batch or len(self.sizes) > 1:
            self.batch.clear()
            return
        pixels = sum(row.pixels for row in self.batch)
        for channel, sums in enumerate(self.batch_sums):
            sums[0] += Fraction(sum(row.totals[channel] for row in self.batch)) / pixels
            sums[1] += Fraction(sum(row.squares[channel] for row in self.batch)) / pixels
        self.batches += 1
        self.batch.clear()

    def results(self, scale: int) -> dict[str, Any]:
        """Each shortcut's mean and std; None for the notes' loop over images of several sizes."""
        self._close_batch()
        loop = None
        if len(self.sizes) == 1:
            means = [sums[0] / (self.batches * scale) for sums in self.batch_sums]
            squares = [sums[1] / (self.batches * scale**2) for sums in self.batch_sums]
            pairs = zip(squares, means, strict=True)
            loop = {
                "batch_size": BATCH_SIZE,
                "mean": list(map(float, means)),
                "std": [nearest_sqrt(square - mean**2) for square, mean in pairs],
            }
        per_image = {
            "mean": [sums[0] / (self.images * scale) for sums in self.image_sums],
            "std": [sums[1] / (self.images * scale) for sums in self.image_sums],
        }
        return {"notes_loop": loop, "per_image_std": per_image}

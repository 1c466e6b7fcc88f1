"""Sums over images rather than pixels: equal weights, standard errors, the usual shortcuts."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, NamedTuple, get_args

from ptnotes.stats.documents import check, exact
from ptnotes.stats.rational import nearest_sqrt

Weight = Literal["pixel", "image"]
Number = int | Fraction

FRACTION_BITS = 256  # of an image's mean, as a fixed-point number
BATCH_SIZE = 64  # the notes' (line 542)


class ImageSums(NamedTuple):
    """One image: pixels, and Σx and Σx² of every channel."""

    pixels: int
    totals: tuple[Number, ...]
    squares: tuple[Number, ...]


@dataclass(frozen=True)
class PerImage:
    """Per channel: Σw, Σt, Σq, Σww, Σwt, Σwq, Σtt, Σtq, Σqq over the images.

    With weight "pixel", w is an image's number of pixels, t its Σx and q its Σx². With "image" the
    three are divided by the number of pixels, and cut at the 256th bit behind the point: integers
    in units of 2⁻²⁵⁶ that add up to the same in any order.
    """

    weight: Weight
    sums: tuple[tuple[Number, ...], ...]

    @classmethod
    def of(cls, weight: Weight, images: Iterable[ImageSums]) -> "PerImage":
        """The sums of at least one image."""
        sums: list[list[Number]] = []
        for image in images:
            sums = sums or [[0] * 9 for _ in image.totals]
            for channel, total, squares in zip(sums, image.totals, image.squares, strict=True):
                w, t, q = _weighted(weight, image.pixels, total, squares)
                for index, product in enumerate(
                    (w, t, q, w * w, w * t, w * q, t * t, t * q, q * q)
                ):
                    channel[index] += product
        return cls(weight, tuple(map(tuple, sums)))

    def __add__(self, other: "PerImage") -> "PerImage":
        pairs = zip(self.sums, other.sums, strict=True)
        return PerImage(
            self.weight, tuple(tuple(a + b for a, b in zip(*pair, strict=True)) for pair in pairs)
        )

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types."""
        return {"weight": self.weight, "sums": [[str(x) for x in sums] for sums in self.sums]}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "PerImage":
        sums = tuple(tuple(map(exact, channel)) for channel in document["sums"])
        check(document["weight"] in get_args(Weight), "the weight")
        check(all(len(channel) == 9 and channel[0] > 0 for channel in sums), "the sums over images")
        return cls(document["weight"], sums)


def standard_errors(sums: tuple[Number, ...], images: int, of: int) -> tuple[float, float] | None:
    """The standard errors of a channel's mean and std, from ``images`` drawn ``of`` so many.

    Images are what is drawn, so the spread between them counts, not between pixels: the usual
    linearization of a ratio, with the correction for a finite set. None for a single image.
    """
    if images < 2:
        return None
    w, t, q, ww, wt, wq, tt, tq, qq = (Fraction(x) for x in sums)
    mean, mean_square = t / w, q / w
    of_mean = tt - 2 * mean * wt + mean**2 * ww
    a, b = -2 * mean, 2 * mean**2 - mean_square
    of_variance = qq + a**2 * tt + b**2 * ww + 2 * a * tq + 2 * b * wq + 2 * a * b * wt
    factor = Fraction(images, images - 1) * (1 - Fraction(images, of)) / w**2
    std = nearest_sqrt(max(mean_square - mean**2, Fraction(0)))
    error_of_variance = nearest_sqrt(factor * max(of_variance, Fraction(0)))
    return nearest_sqrt(factor * max(of_mean, Fraction(0))), error_of_variance / (
        2 * std
    ) if std else 0.0


def _weighted(
    weight: Weight, pixels: int, total: Number, squares: Number
) -> tuple[Number, Number, Number]:
    if weight == "pixel":
        return pixels, total, squares
    return 1 << FRACTION_BITS, _divided(total, pixels), _divided(squares, pixels)


def _divided(x: Number, pixels: int) -> int:
    return (x.numerator << FRACTION_BITS) // (x.denominator * pixels)


@dataclass
class Shortcuts:
    """The notes' loop (line 489) and the mean of the images' deviations, updated image by image.

    The notes average over batches, so a short last one counts too much; this takes their formula
    without the additional rounding of float32. Images of several sizes can't be batched.
    """

    sizes: set[int] = field(default_factory=set)
    batch: list[ImageSums] = field(default_factory=list)
    batches: int = 0
    images: int = 0
    batch_sums: list[list[Fraction]] = field(default_factory=list)  # Σ mean, Σ mean square
    image_sums: list[list[float]] = field(default_factory=list)  # Σ mean, Σ std

    def add(self, rows: Iterable[ImageSums]) -> None:
        """The next images, in order, all with the same number of channels."""
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

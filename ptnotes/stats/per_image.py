"""Sums over images rather than pixels: for equal weights, and for a sample's standard error."""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from ptnotes.stats.rounding import nearest_sqrt

Weight = Literal["pixel", "image"]
Number = int | Fraction

FIXED_POINT = 256  # bits behind the point of an image's mean


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
        """What ``from_document`` reads: JSON's types alone."""
        return {"weight": self.weight, "sums": [[str(x) for x in sums] for sums in self.sums]}

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "PerImage":
        sums = tuple(tuple(map(_number, channel)) for channel in document["sums"])
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
    error_of_variance = nearest_sqrt(factor * of_variance)
    return nearest_sqrt(factor * of_mean), error_of_variance / (2 * std) if std else 0.0


def _weighted(
    weight: Weight, pixels: int, total: Number, squares: Number
) -> tuple[Number, Number, Number]:
    if weight == "pixel":
        return pixels, total, squares
    return 1 << FIXED_POINT, _divided(total, pixels), _divided(squares, pixels)


def _divided(x: Number, pixels: int) -> int:
    return (x.numerator << FIXED_POINT) // (x.denominator * pixels)


def _number(text: str) -> Number:
    return Fraction(text) if "/" in text else int(text)

"""The statistics of an image data set, exact and mergeable."""

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ptnotes.stats.accumulators import Counts, Sums
from ptnotes.stats.covariance import Component, Products, components, covariances
from ptnotes.stats.distribution import PERCENTILES, percentile, skewness
from ptnotes.stats.documents import check, number
from ptnotes.stats.per_image import Number, PerImage, standard_errors
from ptnotes.stats.rational import nearest_sqrt

if TYPE_CHECKING:
    import pandas as pd
    from torchvision.transforms.v2 import Normalize

Size = tuple[int, int]
CHANNEL_NAMES = {1: ("gray",), 3: ("red", "green", "blue")}


def channel_names(channels: int) -> tuple[str, ...]:
    """Of one and three channels their colours, else numbers from 0."""
    return CHANNEL_NAMES.get(channels) or tuple(map(str, range(channels)))


@dataclass(frozen=True, eq=False)
class ChannelStats:
    """Per-channel mean and standard deviation of images (notes, line 489, which averages batches).

    ``values`` holds exact counts (8- and 16-bit images) or exact sums (floats), so ``a + b`` is
    the same as having read all images at once, in any order. ``mean`` and ``std`` are rounded once,
    at the end: on [0, 1] for 8- and 16-bit images, in their own unit for floats. ``sizes`` counts
    (height, width) as stored. With ``per_image`` of weight "image" every image counts the same,
    whatever its size; otherwise every pixel does. ``products`` is what the covariance needs;
    ``groups`` has the statistics of each folder, or of each label of the masks.
    """

    images: int
    pixels: int
    sizes: Counter[Size]
    values: Counts | Sums
    per_image: PerImage | None = None
    products: Products | None = None
    groups: dict[str, "ChannelStats"] = field(default_factory=dict)

    @property
    def channels(self) -> int:
        return self.values.channels

    @property
    def weight(self) -> str:
        return self.per_image.weight if self.per_image else "pixel"

    @property
    def mean(self) -> tuple[float, ...]:
        """The mean of each channel."""
        return tuple(float(mean) for mean, _ in self._moments())

    @property
    def std(self) -> tuple[float, ...]:
        """The population standard deviation of each channel: divided by n."""
        return tuple(nearest_sqrt(variance) for _, variance in self._moments())

    @property
    def sample_std(self) -> tuple[float, ...]:
        """The sample standard deviation of each channel: divided by n - 1, the pixels less one.

        Raises ValueError for a single pixel, or where images weigh the same.
        """
        if self.weight == "image" or self.pixels < 2:
            raise ValueError("the sample deviation wants two pixels or more, each with weight 1")
        factor = Fraction(self.pixels, self.pixels - 1)
        return tuple(nearest_sqrt(variance * factor) for _, variance in self._moments())

    def _moments(self) -> list[tuple[Fraction, Fraction]]:
        """(mean, variance) of each channel, exact."""
        if self.per_image and self.weight == "image":
            sums = [(t, q, w) for w, t, q, *_ in self.per_image.sums]
        else:
            totals: tuple[Number, ...] = self.values.totals
            squares: tuple[Number, ...] = self.values.squares
            sums = [(t, q, self.pixels) for t, q in zip(totals, squares, strict=True)]
        return [_mean_and_variance(*channel, self.values.scale) for channel in sums]

    def standard_errors(self, of: int) -> tuple[list[float], list[float]] | None:
        """Of ``mean`` and of ``std``, if these images were drawn from ``of``; None if unknown."""
        if self.per_image is None or self.images < 2:
            return None
        found = [standard_errors(sums, self.images, of) for sums in self.per_image.sums]
        scale = self.values.scale
        pairs = [(mean / scale, std / scale) for mean, std in filter(None, found)]
        return [mean for mean, _ in pairs], [std for _, std in pairs]

    def percentile(self, q: float) -> tuple[float, ...]:
        """The ``q``-th percentile (0 to 100) of each channel, on [0, 1], exact, between two values
        in proportion as numpy's "linear" has it.

        Raises ValueError for another q, and for floats, which are summed and not counted.
        """
        if not isinstance(self.values, Counts):
            raise ValueError("percentiles are those of counted levels, and these images are floats")
        return tuple(percentile(row, q, self.values.scale) for row in self.values.table)

    @property
    def skew(self) -> tuple[float | None, ...]:
        """The skewness of each channel, m₃ / m₂^(3/2), exact; None for a constant one.

        Raises ValueError for floats, which are summed and not counted.
        """
        if not isinstance(self.values, Counts):
            raise ValueError("skewness is that of counted levels, and these images are floats")
        sums = zip(self.values.totals, self.values.squares, self.values.cubes, strict=True)
        return tuple(skewness(self.pixels, *each) for each in sums)

    @property
    def covariance(self) -> tuple[tuple[float, ...], ...]:
        """The population covariance of every two channels, (C, C), exact, rounded once.

        Raises ValueError where it wasn't asked for, or where images weigh the same.
        """
        if self.products is None or self.weight == "image":
            raise ValueError("the covariance is that of pixels, of channel_stats(covariance=True)")
        values = self.values
        return covariances(self.pixels, values.totals, values.squares, self.products, values.scale)

    @property
    def components(self) -> list[Component]:
        """The principal components of the colours, the largest variance first. Raises ValueError
        as ``covariance`` does.
        """
        return components(self.covariance)

    def to_frame(self) -> "pd.DataFrame":
        """A row per channel: "mean", "std", "min", "max", and of counted levels "p0.5" to "p99.5",
        all on [0, 1] or, for floats, in their own unit.
        """
        import pandas as pd

        scale = self.values.scale
        columns: dict[str, tuple[float, ...]] = {"mean": self.mean, "std": self.std}
        columns["min"] = tuple(value / scale for value in self.values.min)
        columns["max"] = tuple(value / scale for value in self.values.max)
        if isinstance(self.values, Counts):
            columns |= {f"p{q:g}": self.percentile(q) for q in PERCENTILES}
        names = pd.Index(channel_names(self.channels), name="channel")
        return pd.DataFrame(columns, index=names)

    def __repr__(self) -> str:
        numbers = [f"({', '.join(f'{x:.4f}' for x in each)})" for each in (self.mean, self.std)]
        return f"<ChannelStats: {self.images:,} images, mean {numbers[0]}, std {numbers[1]}>"

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(float_format=lambda value: f"{value:.4f}")
        return f"<p>{self.images:,} images, {self.pixels:,} pixels</p>{table}"

    def normalize(self) -> "Normalize":
        """torchvision's transform that gives this set mean 0 and deviation 1."""
        from torchvision.transforms.v2 import Normalize

        return Normalize(list(self.mean), list(self.std))

    def __add__(self, other: "ChannelStats") -> "ChannelStats":
        """Both together. Raises ValueError if channels, depth or weight differ."""
        if not isinstance(other, ChannelStats):
            return NotImplemented
        ours, theirs = self._kind(), other._kind()
        if ours != theirs:
            raise ValueError(f"statistics of {ours} and of {theirs} don't add up")
        per_image = None
        if self.per_image is not None and other.per_image is not None:
            per_image = self.per_image + other.per_image
        products = None
        if self.products is not None and other.products is not None:
            products = self.products + other.products
        groups = dict(self.groups)
        for name, more in other.groups.items():
            groups[name] = groups[name] + more if name in groups else more
        return ChannelStats(
            images=self.images + other.images,
            pixels=self.pixels + other.pixels,
            sizes=self.sizes + other.sizes,
            values=self.values + other.values,  # type: ignore[operator]  # of the same kind
            per_image=per_image,
            products=products,
            groups=groups,
        )

    def _kind(self) -> tuple[int, int, str]:
        return self.channels, self.values.scale, self.weight

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChannelStats) and self.document() == other.document()

    __hash__ = None  # type: ignore[assignment]

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types."""
        return {
            "images": self.images,
            "pixels": self.pixels,
            "sizes": sorted(
                [height, width, count] for (height, width), count in self.sizes.items()
            ),
            "values": self.values.document(),
            "per_image": self.per_image.document() if self.per_image else None,
            "products": self.products.document() if self.products else None,
            "groups": {name: self.groups[name].document() for name in sorted(self.groups)},
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "ChannelStats":
        """Raises an exception of almost any type for what ``document`` did not write."""
        images, pixels = number(document["images"], 1), number(document["pixels"], 1)
        kind = Counts if "counts" in document["values"] else Sums
        values = kind.from_document(document["values"], pixels)
        sizes = Counter(
            {(number(h, 1), number(w, 1)): number(n, 1) for h, w, n in document["sizes"]}
        )
        check(sizes.total() == images, "the number of sizes")
        per_image = None
        if document["per_image"]:
            per_image = PerImage.from_document(document["per_image"])
            check(len(per_image.sums) == values.channels, "the sums over images")
        products = None
        if document.get("products"):
            products = Products.from_document(document["products"], values.channels)
        groups = {
            name: cls.from_document(each) for name, each in document.get("groups", {}).items()
        }
        check(
            all(each._kind()[:2] == (values.channels, values.scale) for each in groups.values()),
            "its groups",
        )
        return cls(images, pixels, sizes, values, per_image, products, groups)


def _mean_and_variance(
    total: Number, squares: Number, n: Number, scale: int
) -> tuple[Fraction, Fraction]:
    mean = Fraction(total) / (Fraction(n) * scale)
    variance = Fraction(squares) / (Fraction(n) * scale**2) - mean**2
    return mean, max(variance, Fraction(0))  # the cut at 2⁻²⁵⁶ can make it negative

"""What a chunk of images contributes: the statistics of every kind found, and the broken images."""

from dataclasses import dataclass, field

from ptnotes.stats.per_image import ImageSums
from ptnotes.stats.statistics import ChannelStats

MAX_EXAMPLES = 5  # names kept of each kind
MAX_BROKEN_NAMES = 1000  # broken images kept by name; the rest is only counted

Kind = tuple[int, int]  # channels, and the level that stands for 1.0: 255, 65535, or 1 for floats
Broken = tuple[str, str]  # name and reason


@dataclass(frozen=True)
class PartialStats:
    """Statistics by kind, a few names of each kind, the broken images.

    ``first_of_several`` counts the files of which the first page or frame alone was read,
    ``extra_pages`` what was read of others beyond the first, ``without_pixels`` the images of
    which no pixel counts. ``rows`` holds the sums of every image in order, where they were asked
    for.
    """

    stats: dict[Kind, ChannelStats] = field(default_factory=dict)
    examples: dict[Kind, tuple[str, ...]] = field(default_factory=dict)
    broken: tuple[Broken, ...] = ()
    broken_count: int = 0
    first_of_several: int = 0
    rows: tuple[ImageSums, ...] = ()
    extra_pages: int = 0
    without_pixels: int = 0

    @property
    def images_seen(self) -> int:
        """How many images were read, the broken ones among them."""
        counted = sum(stats.images for stats in self.stats.values())
        return self.broken_count + self.without_pixels + counted

    @property
    def items_seen(self) -> int:
        """How many items of the source were read: all pages of a file are one."""
        return self.images_seen - self.extra_pages

    def __add__(self, other: "PartialStats") -> "PartialStats":
        """Both together, without ``rows``: their consumer takes them chunk by chunk."""
        stats, examples = dict(self.stats), dict(self.examples)
        for kind, more in other.stats.items():
            stats[kind] = stats[kind] + more if kind in stats else more
            names = sorted(examples.get(kind, ()) + other.examples[kind])
            examples[kind] = tuple(names[:MAX_EXAMPLES])
        return PartialStats(
            stats,
            examples,
            tuple(sorted(self.broken + other.broken)[:MAX_BROKEN_NAMES]),
            self.broken_count + other.broken_count,
            self.first_of_several + other.first_of_several,
            extra_pages=self.extra_pages + other.extra_pages,
            without_pixels=self.without_pixels + other.without_pixels,
        )

"""The answer: statistics of one kind of images, and the JSON result."""

import itertools
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

from ptnotes.errors import DataError, PtnotesWarning
from ptnotes.stats.accumulators import Counts
from ptnotes.stats.distribution import PERCENTILES
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.statistics import ChannelStats

DEPTH_NAMES = {255: "8-bit", 65535: "16-bit", 1: "float"}
MAX_LISTED = 10  # broken images in an error; sizes in a result


def check_readable(partial: PartialStats, *, skip_errors: bool) -> None:
    """Raises DataError if an image couldn't be read, or if they are of several kinds."""
    if partial.broken and not skip_errors:
        raise DataError(
            f"{partial.broken_count} of {partial.images_seen} images can't be read: "
            f"{_broken(partial)}; --skip-errors leaves them out"
        )
    if len(partial.stats) > 1:
        by_number = sorted(partial.stats.items(), key=lambda pair: pair[1].images)
        kinds = [
            f"{stats.images} {DEPTH_NAMES[scale]} of {channels} channel{'s' * (channels > 1)} "
            f"({_enumerate(map(utf_8, partial.examples[channels, scale]), stats.images)})"
            for (channels, scale), stats in by_number
        ]
        depths = {scale for _, scale in partial.stats}
        hint = "choose with --glob" if len(depths) > 1 else "--rgb or --grayscale makes them alike"
        raise DataError(f"images of several kinds: {'; '.join(kinds)}; {hint}")


def single_kind(partial: PartialStats, *, skip_errors: bool) -> ChannelStats:
    """The statistics of images of one kind. Raises DataError as ``check_readable``, or for none.

    Warns of files of which only the first page or frame was read.
    """
    check_readable(partial, skip_errors=skip_errors)
    if partial.first_of_several:
        warnings.warn(
            f"{partial.first_of_several} of {partial.images_seen} files hold several pages or "
            "frames; the first of each was read, --pages all reads the others",
            PtnotesWarning,
            stacklevel=3,
        )
    if not partial.stats and not partial.broken:
        raise DataError(f"none of {partial.images_seen} images has a pixel that counts")
    if not partial.stats:
        raise DataError(f"none of {partial.broken_count} images can be read: {_broken(partial)}")
    (stats,) = partial.stats.values()
    return stats


def result(stats: ChannelStats, std: Sequence[float]) -> dict[str, Any]:
    """The result in the JSON document: an entry per channel in every list."""
    values = stats.values
    of_255 = {}
    if values.scale > 1:  # floats have no 255
        of_255["mean_255"] = [mean * 255 for mean in stats.mean]
        of_255["std_255"] = [deviation * 255 for deviation in std]
    common = sorted(stats.sizes.items(), key=lambda pair: (-pair[1], pair[0]))[:MAX_LISTED]
    return {
        "images": stats.images,
        "pixels": stats.pixels,
        "channels": stats.channels,
        "depth": DEPTH_NAMES[values.scale],
        "mean": list(stats.mean),
        "std": list(std),
        **of_255,
        "min": list(values.min),
        "max": list(values.max),
        "zero_share": [zeros / stats.pixels for zeros in values.zeros],
        "full_share": [saturated / stats.pixels for saturated in values.saturated],
        "sizes": [
            {"height": height, "width": width, "images": images}
            for (height, width), images in common
        ],
        "distinct_sizes": len(stats.sizes),
    }


def details(partial: PartialStats, stats: ChannelStats) -> dict[str, Any]:
    """Beyond mean and std: percentiles and skewness of counted levels, images of which no pixel
    counts, folders or labels, the covariance of the channels and their principal components.
    """
    found: dict[str, Any] = {}
    if isinstance(stats.values, Counts):
        found["percentiles"] = {f"{q:g}": list(stats.percentile(q)) for q in PERCENTILES}
        found["skew"] = list(stats.skew)
    if partial.without_pixels:
        found["without_pixels"] = partial.without_pixels
    if stats.groups:
        found["groups"] = {
            name: {
                "images": group.images,
                "pixels": group.pixels,
                "mean": list(group.mean),
                "std": list(group.std),
            }
            for name, group in sorted(stats.groups.items(), key=_by_number)
        }
    if stats.products is not None:
        found["covariance"] = list(map(list, stats.covariance))
        found["components"] = [each._asdict() for each in stats.components]
    return found


def _by_number(group: tuple[str, ChannelStats]) -> tuple[int, str]:
    name, _ = group
    return (int(name) if name.isdecimal() else -1), name


def uncertainty(stats: ChannelStats, of: int) -> dict[str, Any]:
    """The standard errors of a subset's mean and std; None for a single image."""
    errors = stats.standard_errors(of)
    return {
        "images_in_all": of,
        "mean_standard_error": errors and errors[0],
        "std_standard_error": errors and errors[1],
    }


def first_frames(partial: PartialStats) -> dict[str, Any]:
    """Of how many files only the first page or frame was read, if of any."""
    count = partial.first_of_several
    return {"first_frame_only": count} if count else {}


def skipped(partial: PartialStats) -> dict[str, Any]:
    """How many images were left out, and which."""
    files = [{"name": utf_8(name), "reason": reason} for name, reason in partial.broken]
    return {"skipped": partial.broken_count, "skipped_files": files}


def utf_8(name: str) -> str:
    """A file's name with what UTF-8 can't encode as backslash escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _broken(partial: PartialStats) -> str:
    broken = (f"{utf_8(name)} ({reason})" for name, reason in partial.broken)
    return _enumerate(broken, partial.broken_count)


def _enumerate(names: Iterable[str], count: int) -> str:
    """A few of ``count`` names, and how many more there are."""
    listed = [*itertools.islice(names, MAX_LISTED)]
    more = count - len(listed)
    return ", ".join(listed) + (f" and {more} more" if more else "")

"""The answer: statistics of one kind of images, the line to paste, the tables, the JSON result."""

import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ptnotes.errors import DataError, PtnotesWarning
from ptnotes.events import Table
from ptnotes.stats.distribution import PERCENTILES
from ptnotes.stats.partial import PartialStats
from ptnotes.stats.per_image import BATCH_SIZE
from ptnotes.stats.statistics import ChannelStats, channel_names

DEPTH_NAMES = {255: "8-bit", 65535: "16-bit", 1: "float"}
SATURATED_LEVELS = {depth: scale for scale, depth in DEPTH_NAMES.items()}
NOTHING = 1e-9  # of a difference: what float64 rounds
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
            f"({_enumerate(map(_utf_8, partial.examples[channels, scale]), stats.images)})"
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


def distribution(stats: ChannelStats) -> dict[str, Any]:
    """Percentiles and skewness of counted levels, an entry per channel in every list."""
    return {
        "percentiles": {f"{q:g}": list(stats.percentile(q)) for q in PERCENTILES},
        "skew": list(stats.skew),
    }


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
    files = [{"name": _utf_8(name), "reason": reason} for name, reason in partial.broken]
    return {"skipped": partial.broken_count, "skipped_files": files}


def _tuple(values: Sequence[float], precision: int) -> str:
    texts = [f"{value:.{precision}f}" for value in values]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def tables(
    found: dict[str, Any], precision: int, options: dict[str, Any], std: str
) -> Iterator[Table]:
    """A row per channel; the shortcuts, the standard errors and the broken images, if asked for."""
    weighting = f"every {options['weight']} the same, {std} std"
    alpha = "dropped" if options["alpha"] == "drop" else f"over {options['alpha']}"
    yield _channels(found, precision, f"Per channel: {weighting}, alpha {alpha}")
    if "percentiles" in found:
        yield _distribution(found, precision)
    if found.get("mean_standard_error"):
        yield Table(
            f"Standard errors: {found['images']} of {found['images_in_all']} images",
            ("of the mean", "of the std"),
            [
                (f"{mean:.2g}", f"{std:.2g}")
                for mean, std in zip(
                    found["mean_standard_error"], found["std_standard_error"], strict=True
                )
            ],
        )
    if "compare" in found:
        yield _shortcuts(found, precision)
    if found.get("skipped"):
        files: list[tuple[str, ...]] = [
            (file["name"], file["reason"]) for file in found["skipped_files"]
        ]
        if found["skipped"] > MAX_LISTED:
            files[MAX_LISTED:] = [("…", "")]
        yield Table(f"Left out: {found['skipped']}", ("image", "why"), files)


def _channels(found: dict[str, Any], precision: int, title: str) -> Table:
    columns = {
        "mean": ("mean", f".{precision}f"),
        "std": ("std", f".{precision}f"),
        "×255": ("mean_255", ".2f"),
        "std ×255": ("std_255", ".2f"),
        "min": ("min", "g"),
        "max": ("max", "g"),
        "at 0": ("zero_share", ".2%"),
        f"at {SATURATED_LEVELS[found['depth']]}": ("full_share", ".2%"),
    }
    columns = {heading: column for heading, column in columns.items() if column[0] in found}
    names = channel_names(found["channels"])
    rows = [
        (name, *(format(found[key][channel], spec) for key, spec in columns.values()))
        for channel, name in enumerate(names)
    ]
    return Table(title, ("channel", *columns), rows)


def _distribution(found: dict[str, Any], precision: int) -> Table:
    names = channel_names(found["channels"])
    rows = []
    for channel, name in enumerate(names):
        cells = [f"{each[channel]:.{precision}f}" for each in found["percentiles"].values()]
        skew = found["skew"][channel]
        rows.append((name, *cells, "" if skew is None else f"{skew:.{precision}f}"))
    headings = (f"{q} %" for q in found["percentiles"])
    return Table("Percentiles and skewness", ("channel", *headings, "skewness"), rows)


def _shortcuts(found: dict[str, Any], precision: int) -> Table:
    ways = {
        f"the notes: mean over batches of {BATCH_SIZE}": (
            found["compare"]["notes_loop"],
            "the std of batches, and a short last one weighs as much",
        ),
        "mean of every image's std": (
            found["compare"]["per_image_std"],
            "the std of images, not of the set",
        ),
    }
    exact = [_tuple(found[each], precision) for each in ("mean", "std")]
    rows: list[tuple[str, ...]] = [("exact", *exact, "")]
    for way, (values, reason) in ways.items():
        if not values:
            rows.append((way, "several sizes don't batch", "", ""))
            continue
        numbers = [_tuple(values[each], precision) for each in ("mean", "std")]
        rows.append((way, *numbers, _difference(found, values, reason)))
    return Table("Beside the shortcuts", ("computed as", "mean", "std", "off by"), rows)


def _difference(exact: dict[str, Any], values: dict[str, Any], reason: str) -> str:
    """The largest difference, and why there is one."""
    pairs = [
        pair for name in ("mean", "std") for pair in zip(exact[name], values[name], strict=True)
    ]
    largest = max(abs(one - other) for one, other in pairs)
    return f"{largest:.2g}: {reason}" if largest > NOTHING else "no difference"


def _utf_8(name: str) -> str:
    """A file's name with what UTF-8 can't encode as backslash escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _broken(partial: PartialStats) -> str:
    broken = (f"{_utf_8(name)} ({reason})" for name, reason in partial.broken)
    return _enumerate(broken, partial.broken_count)


def _enumerate(names: Iterable[str], count: int) -> str:
    """A few of ``count`` names, and how many more there are."""
    listed = [*itertools.islice(names, MAX_LISTED)]
    more = count - len(listed)
    return ", ".join(listed) + (f" and {more} more" if more else "")

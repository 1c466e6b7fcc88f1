"""The answer: one kind of images, the line to paste, the tables, the JSON result."""

from collections.abc import Iterator, Sequence
from typing import Any

from ptnotes.errors import DataError
from ptnotes.events import Table
from ptnotes.stats.channel_stats import ChannelStats
from ptnotes.stats.shortcuts import BATCH_SIZE
from ptnotes.stats.tally import Tally

NAMES = {1: ("gray",), 3: ("red", "green", "blue")}
DEPTHS = {255: "8-bit", 65535: "16-bit", 1: "float"}
LEVELS = {depth: scale for scale, depth in DEPTHS.items()}
SHOWN = 10  # broken images in an error; sizes in a result


def check(tally: Tally, *, skip_errors: bool) -> None:
    """Raises DataError if an image couldn't be read, or if they are of several kinds."""
    broken = [f"{printable(name)} ({why})" for name, why in tally.broken]
    if broken and not skip_errors:
        raise DataError(
            f"{tally.broken_count} of {tally.done} images can't be read: "
            f"{_listed(broken, tally.broken_count)}; --skip-errors leaves them out"
        )
    if len(tally.stats) > 1:
        by_number = sorted(tally.stats.items(), key=lambda pair: pair[1].images)
        kinds = [
            f"{stats.images} {DEPTHS[scale]} of {channels} channel{'s' * (channels > 1)} "
            f"({_listed([*map(printable, tally.examples[channels, scale])], stats.images)})"
            for (channels, scale), stats in by_number
        ]
        depths = {scale for _, scale in tally.stats}
        hint = "choose with --glob" if len(depths) > 1 else "--rgb or --grayscale makes them alike"
        raise DataError(f"images of several kinds: {'; '.join(kinds)}; {hint}")


def settled(tally: Tally, *, skip_errors: bool) -> ChannelStats:
    """The statistics, if ``check`` finds nothing and there is an image. Raises DataError."""
    check(tally, skip_errors=skip_errors)
    if not tally.stats:
        broken = [f"{printable(name)} ({why})" for name, why in tally.broken]
        raise DataError(f"none of {tally.broken_count} images can be read: {_listed(broken)}")
    (stats,) = tally.stats.values()
    return stats


def result(stats: ChannelStats, std: Sequence[float]) -> dict[str, Any]:
    """What the JSON document says: an entry per channel in every list."""
    values = stats.values
    of_255 = {}
    if values.scale > 1:  # floats have no 255
        of_255["mean_255"] = [mean * 255 for mean in stats.mean]
        of_255["std_255"] = [deviation * 255 for deviation in std]
    common = sorted(stats.sizes.items(), key=lambda pair: (-pair[1], pair[0]))[:SHOWN]
    return {
        "images": stats.images,
        "pixels": stats.pixels,
        "channels": stats.channels,
        "depth": DEPTHS[values.scale],
        "mean": list(stats.mean),
        "std": list(std),
        **of_255,
        "min": list(values.low),
        "max": list(values.high),
        "zero_share": [zeros / stats.pixels for zeros in values.zeros],
        "full_share": [fulls / stats.pixels for fulls in values.fulls],
        "sizes": [
            {"height": height, "width": width, "images": images}
            for (height, width), images in common
        ],
        "distinct_sizes": len(stats.sizes),
    }


def uncertainty(stats: ChannelStats, of: int) -> dict[str, Any]:
    """The standard errors of a subset's mean and std; None for a single image."""
    errors = stats.standard_errors(of)
    return {
        "images_in_all": of,
        "mean_standard_error": errors and errors[0],
        "std_standard_error": errors and errors[1],
    }


def skipped(tally: Tally) -> dict[str, Any]:
    """How many images were left out, and which."""
    files = [{"name": printable(name), "reason": why} for name, why in tally.broken]
    return {"skipped": tally.broken_count, "skipped_files": files}


def normalize_line(found: dict[str, Any], precision: int) -> str:
    """``transforms.Normalize(mean=(0.1307,), std=(0.3081,))``."""
    mean, std = _tuple(found["mean"], precision), _tuple(found["std"], precision)
    return f"transforms.Normalize(mean={mean}, std={std})"


def _tuple(values: Sequence[float], precision: int) -> str:
    texts = [f"{value:.{precision}f}" for value in values]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


def tables(
    found: dict[str, Any], precision: int, options: dict[str, Any], std: str
) -> Iterator[Table]:
    """A row per channel; the shortcuts, the standard errors and the broken images, if asked for."""
    which = f"every {options['weight']} the same, {std} std"
    alpha = "dropped" if options["alpha"] == "drop" else f"over {options['alpha']}"
    yield _channels(found, precision, f"Per channel: {which}, alpha {alpha}")
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
        if found["skipped"] > SHOWN:
            files[SHOWN:] = [("…", "")]
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
        f"at {LEVELS[found['depth']]}": ("full_share", ".2%"),
    }
    columns = {heading: column for heading, column in columns.items() if column[0] in found}
    names = NAMES.get(found["channels"]) or tuple(map(str, range(found["channels"])))
    rows = [
        (name, *(format(found[key][channel], spec) for key, spec in columns.values()))
        for channel, name in enumerate(names)
    ]
    return Table(title, ("channel", *columns), rows)


def _shortcuts(found: dict[str, Any], precision: int) -> Table:
    ways = {
        "exact": found,
        f"the notes: mean over batches of {BATCH_SIZE}": found["compare"]["notes_loop"],
        "mean of every image's std": found["compare"]["per_image_std"],
    }
    rows: list[tuple[str, ...]] = [
        (way, _tuple(values["mean"], precision), _tuple(values["std"], precision))
        if values
        else (way, "several sizes don't batch", "")
        for way, values in ways.items()
    ]
    return Table("Beside the shortcuts", ("computed as", "mean", "std"), rows)


def printable(name: str) -> str:
    """A file's name with what UTF-8 can't hold written out."""
    return name.encode("utf-8", "backslashreplace").decode()


def _listed(names: list[str], count: int | None = None) -> str:
    """A few of ``count`` names, and how many more there are."""
    shown = names[:SHOWN]
    more = (len(names) if count is None else count) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")

"""The tables of the answer."""

from collections.abc import Iterator, Sequence
from typing import Any

from ptnotes.events import Table
from ptnotes.stats.answer import DEPTH_NAMES, MAX_LISTED, utf_8
from ptnotes.stats.per_image import BATCH_SIZE
from ptnotes.stats.statistics import channel_names

SATURATED_LEVELS = {depth: scale for scale, depth in DEPTH_NAMES.items()}
NOTHING = 1e-9  # of a difference: what float64 rounds
MAX_ROWS = 40  # groups on screen; the JSON document has all


def tables(
    found: dict[str, Any], precision: int, options: dict[str, Any], std: str
) -> Iterator[Table]:
    """A row per channel; the shortcuts, the standard errors and the broken images, if asked for."""
    weighting = f"every {options['weight']} the same, {std} std"
    alpha = "dropped" if options["alpha"] == "drop" else f"over {options['alpha']}"
    yield _channels(found, precision, f"Per channel: {weighting}, alpha {alpha}")
    if "percentiles" in found:
        yield _distribution(found, precision)
    if "groups" in found:
        yield _groups(found, precision, "label" if options["mask_values"] else "folder")
    if "covariance" in found:
        yield from _covariance(found)
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


def _groups(found: dict[str, Any], precision: int, kind: str) -> Table:
    rows = [
        (
            utf_8(name),
            f"{group['images']:,}",
            f"{group['pixels']:,}",
            _tuple(group["mean"], precision),
            _tuple(group["std"], precision),
        )
        for name, group in list(found["groups"].items())[:MAX_ROWS]
    ]
    if len(found["groups"]) > MAX_ROWS:
        rows.append((f"… {len(found['groups']) - MAX_ROWS} more", "", "", "", ""))
    return Table(f"Per {kind}", (kind, "images", "pixels", "mean", "std"), rows)


def _covariance(found: dict[str, Any]) -> Iterator[Table]:
    names = channel_names(found["channels"])
    pairs = zip(names, found["covariance"], strict=True)
    yield Table(
        "Covariance",
        ("channel", *names),
        [(name, *(f"{value:.4g}" for value in row)) for name, row in pairs],
    )
    yield Table(
        "Principal components",
        ("variance", *names),
        [
            (f"{each['variance']:.4g}", *(f"{share:.4f}" for share in each["direction"]))
            for each in found["components"]
        ],
    )


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


def _tuple(values: Sequence[float], precision: int) -> str:
    texts = [f"{value:.{precision}f}" for value in values]
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"

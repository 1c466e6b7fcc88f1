"""``ptnotes stats``, from options to events (notes, line 489)."""

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ptnotes.datasets import builtin
from ptnotes.engine import distributed
from ptnotes.engine.runtime import light_environment
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Progress, Result, Table
from ptnotes.files import check_writable
from ptnotes.plots import figure, histogram, theme
from ptnotes.stats import answer, parts, snippets, sources, tables
from ptnotes.stats.accumulators import Counts
from ptnotes.stats.decode import DecodeOptions
from ptnotes.stats.layout import Layout
from ptnotes.stats.parts import Part
from ptnotes.stats.per_image import Shortcuts, Weight
from ptnotes.stats.pipeline import default_workers, gather
from ptnotes.stats.sharding import Selection, Shard
from ptnotes.stats.snippets import Order
from ptnotes.stats.sources.arrays import ArraySource

Events = Generator[Event, None, None]

SAMPLE_STD = "--sample-std counts pixels, and --weight image counts images: choose one"
COMPARE = "--compare follows the images in order; it goes with one run over all"
FLOATS = "--histogram draws counted levels, and these images hold floats"


@dataclass(frozen=True)
class OutputOptions:
    """How the answer is shown; the same exact sums give all of it."""

    sample_std: bool = False
    precision: int = 4
    histogram: Path | None = None
    theme: str = "light"  # of the histogram
    form: str = "torchvision"  # of the line to paste, one of snippets.FORMS
    order: Order | None = None  # of its channels; None is the framework's own
    scale: int | None = None  # of its numbers, 1 or 255; None is the framework's own

    @property
    def config(self) -> dict[str, Any]:
        std = "sample" if self.sample_std else "population"
        return {"std": std, "precision": self.precision}


def run(
    *,
    source: str,
    split: str | None,
    data_dir: Path | None,
    sample: bool,
    pattern: str | None,
    layout: Layout | None,
    key: str | None,
    every: int | None,
    decode: DecodeOptions,
    selection: Selection,
    weight: Weight,
    compare: bool,
    skip_errors: bool,
    workers: int | None,
    out: Path | None,
    output: OutputOptions,
) -> Events:
    """Read SOURCE and show its statistics; ``out`` gets the part file of a shard.

    ``sample`` says that the data directory is the one that ships with ptnotes. Under torchrun each
    process reads a shard, and all but the first end without a Result. Raises PtnotesError.
    """
    _check(decode, selection, weight, compare, out, output)
    if distributed.world_size() > 1:
        selection = _shard_of_process(selection, compare, out)
    workers = workers or default_workers()
    if source in builtin.DATA_SETS:
        split = split or "train"
    options = _options(split, pattern, layout, key, every, decode, selection, weight, skip_errors)
    shard = {"shard": f"{selection.shard.index}/{selection.shard.count}"} if out else {}
    data = {"data": "sample" if sample else source}
    yield _header(data | options | shard | output.config | {"workers": workers})

    started = time.perf_counter()
    shortcuts = Shortcuts() if compare else None

    def read() -> Generator[Progress, None, Part]:
        in_order = compare or selection.limit is not None
        opened = sources.find(
            source,
            split=split,
            data_dir=data_dir,
            pattern=pattern,
            layout=layout,
            key=key,
            every=every,
            in_order=in_order,
            mask=decode.pixels.mask,
        )
        if output.histogram and isinstance(opened, ArraySource) and opened.floats:
            raise UsageError(FLOATS)
        details = weight if weight == "image" or in_order else None
        partial, listing = yield from gather(
            opened, decode, selection, details=details, workers=workers, shortcuts=shortcuts
        )
        return Part(options, listing, selection.shard, partial)

    part = yield from parts.merge_processes(read())
    if part is None:
        return
    if out:
        answer.check_readable(part.partial, skip_errors=skip_errors)
        parts.write_part(out, part)
        if part.partial.images_seen == 0:  # a shard may be empty
            yield Result({"images": 0})
            return
    yield from _answer(part, shortcuts, time.perf_counter() - started, output)


def merge(*, paths: list[Path], output: OutputOptions) -> Events:
    """Show part files as if their images had been read in one run. Raises PtnotesError."""
    if output.histogram:
        figure.check_path(output.histogram, "--histogram")
    started = time.perf_counter()
    part = parts.merge_parts([(str(path), parts.read_part(path)) for path in paths])
    if output.sample_std and part.options["weight"] == "image":
        raise UsageError(SAMPLE_STD)
    yield _header({"data": "parts"} | part.options | output.config)
    yield from _answer(part, None, time.perf_counter() - started, output)


def _answer(
    part: Part, shortcuts: Shortcuts | None, seconds: float, output: OutputOptions
) -> Iterator[Event]:
    stats = answer.single_kind(part.partial, skip_errors=part.options["skip_errors"])
    if output.sample_std and stats.pixels < 2:
        raise UsageError("--sample-std wants two pixels or more")
    found = answer.result(stats, stats.sample_std if output.sample_std else stats.std)
    found |= answer.first_frames(part.partial)
    if part.options["limit"] is not None:
        found |= answer.uncertainty(stats, part.listing.count)
    if shortcuts is not None:
        found["compare"] = shortcuts.results(stats.values.scale)
    if part.options["skip_errors"]:
        found |= answer.skipped(part.partial)
    if output.histogram:
        if not isinstance(stats.values, Counts):
            raise UsageError(FLOATS)
        drawn = theme.drawn(
            output.theme,
            histogram.histogram,
            stats.values.table,
            stats.mean,
            found["std"],
            images=stats.images,
            precision=output.precision,
        )
        figure.save(drawn, output.histogram)
    found |= answer.details(part.partial, stats)
    pasted = snippets.snippet(
        stats,
        found["std"],
        output.form,
        order=output.order,
        scale=output.scale,
        precision=output.precision,
    )
    yield Table("To paste", (output.form,), [(pasted,)])
    yield from tables.tables(found, output.precision, part.options, output.config["std"])
    found |= {"seconds": seconds, "images_per_second": stats.images / seconds}
    found["snippet"] = {"format": output.form, "text": pasted}
    found["normalize"] = snippets.snippet(
        stats, found["std"], "torchvision", precision=output.precision
    )
    yield Result(found)


def _options(
    split: str | None,
    pattern: str | None,
    layout: Layout | None,
    key: str | None,
    every: int | None,
    decode: DecodeOptions,
    selection: Selection,
    weight: Weight,
    skip_errors: bool,
) -> dict[str, Any]:
    """What the parts of one result must have in common."""
    return {
        "split": split,
        "glob": pattern,
        "layout": layout,
        "key": key,
        "every": every,
        "weight": weight,
        **{name: value for name, value in asdict(decode).items() if name != "pixels"},
        **asdict(decode.pixels),
        "limit": selection.limit,
        "seed": None if selection.limit is None else selection.seed,
        "skip_errors": skip_errors,
    }


def _header(config: Mapping[str, Any]) -> Header:
    used = {name: value for name, value in config.items() if value is not None}
    return Header("stats", used, light_environment())


def _check(
    decode: DecodeOptions,
    selection: Selection,
    weight: Weight,
    compare: bool,
    out: Path | None,
    output: OutputOptions,
) -> None:
    sharded = selection.shard.count > 1
    decode.check(weight)
    if output.sample_std and weight == "image":
        raise UsageError(SAMPLE_STD)
    if decode.pages == "all" and selection.limit is not None:
        raise UsageError("--limit draws files, and --pages all counts what is in them: choose one")
    if sharded and out is None:
        raise UsageError("--shard wants --out, the file for its part")
    if compare and sharded:
        raise UsageError(COMPARE)
    if out:
        check_writable(out)
    if output.histogram:
        figure.check_path(output.histogram, "--histogram")


def _shard_of_process(selection: Selection, compare: bool, out: Path | None) -> Selection:
    """Under torchrun, the selection with this process's shard. Raises UsageError."""
    if selection.shard.count > 1 or out:
        raise UsageError("under torchrun every process takes a shard by itself; leave --shard out")
    if compare:
        raise UsageError(COMPARE)
    return replace(selection, shard=Shard(distributed.rank() + 1, distributed.world_size()))

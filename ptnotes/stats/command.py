"""``ptnotes stats``, from options to events (notes, line 489)."""

import dataclasses
import time
from collections.abc import Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from ptnotes.device import environment
from ptnotes.errors import UsageError
from ptnotes.rows import Event, Header, Progress, Result
from ptnotes.stats import answer, histogram, parts, sources, torchrun
from ptnotes.stats.arrays import Arrays
from ptnotes.stats.gathering import Choice, cores, gather
from ptnotes.stats.images import Reading
from ptnotes.stats.listing import Shard
from ptnotes.stats.named import NAMES
from ptnotes.stats.parts import Part
from ptnotes.stats.per_image import Weight
from ptnotes.stats.shortcuts import Shortcuts
from ptnotes.stats.writing import check_place

Events = Generator[Event, None, None]


def run(
    *,
    source: str,
    split: str | None,
    data_dir: Path | None,
    sample: bool,
    pattern: str | None,
    reading: Reading,
    choice: Choice,
    weight: Weight,
    compare: bool,
    skip_errors: bool,
    workers: int | None,
    out: Path | None,
    sample_std: bool,
    precision: int,
    picture: Path | None,
) -> Events:
    """Read SOURCE and show what it holds; ``out`` gets the part file of a shard.

    ``sample`` says that the data directory is the one that ships with ptnotes. Under torchrun each
    process reads a shard, and all but the first end without a Result. Raises PtnotesError.
    """
    process = torchrun.shard_of_this_process()
    _check(reading, choice, process, weight=weight, compare=compare, sample_std=sample_std, out=out)
    _check_places(out, picture)
    if process.count > 1:
        choice = dataclasses.replace(choice, shard=process)
    workers = workers or cores()
    if source in NAMES:
        split = split or "train"
    options = {
        "split": split,
        "glob": pattern,
        "weight": weight,
        **dataclasses.asdict(reading),
        "limit": choice.limit,
        "seed": None if choice.limit is None else choice.seed,
        "skip_errors": skip_errors,
    }
    of_shard = {"shard": f"{choice.shard.index}/{choice.shard.count}"} if out else {}
    shown = _shown(sample_std, precision)
    yield _header(
        {"data": "sample" if sample else source} | options | of_shard | shown | {"workers": workers}
    )

    started = time.perf_counter()
    shortcuts = Shortcuts() if compare else None

    def found() -> Generator[Progress, None, Part]:
        opened = sources.find(
            source,
            split=split,
            data_dir=data_dir,
            pattern=pattern,
            in_order=compare or choice.limit is not None,
        )
        if picture and isinstance(opened, Arrays):
            histogram.check_type(floats=opened.array.dtype.kind == "f")
        tally, listing = yield from gather(
            opened,
            reading,
            choice,
            details=weight if weight == "image" or compare or choice.limit else None,
            workers=workers,
            shortcuts=shortcuts,
        )
        return Part(options, listing, choice.shard, tally)

    part = yield from found() if process.count == 1 else torchrun.together(found(), process)
    if part is None:
        return
    if out:
        answer.settled(part.tally, skip_errors=skip_errors)
        parts.write(out, part)
    seconds = time.perf_counter() - started
    yield from _answer(part, shortcuts, seconds, sample_std, precision, picture)


def merge(*, paths: list[Path], sample_std: bool, precision: int, picture: Path | None) -> Events:
    """Show part files as if their images had been read in one run. Raises PtnotesError."""
    _check_places(None, picture)
    started = time.perf_counter()
    part = parts.merged([(str(path), parts.read(path)) for path in paths])
    if sample_std and part.options["weight"] == "image":
        raise UsageError(SAMPLE_STD)
    yield _header({"data": "parts"} | part.options | _shown(sample_std, precision))
    seconds = time.perf_counter() - started
    yield from _answer(part, None, seconds, sample_std, precision, picture)


def _answer(
    part: Part,
    shortcuts: Shortcuts | None,
    seconds: float,
    sample_std: bool,
    precision: int,
    picture: Path | None,
) -> Iterator[Event]:
    stats = answer.settled(part.tally, skip_errors=part.options["skip_errors"])
    found = answer.result(stats, stats.sample_std if sample_std else stats.std)
    if part.options["limit"] is not None:
        found |= answer.uncertainty(stats, part.listing.count)
    if shortcuts is not None:
        found["compare"] = shortcuts.results(stats.values.scale)
    if part.options["skip_errors"]:
        found |= answer.skipped(part.tally)
    if picture:
        histogram.draw(stats.values, picture)
    yield from answer.tables(found, precision, part.options, sample_std)
    rate = {"images_per_second": found["images"] / seconds} if seconds else {}
    line = answer.normalize_line(found, precision)
    yield Result(found | {"seconds": seconds} | rate | {"normalize": line})


def _shown(sample_std: bool, precision: int) -> dict[str, Any]:
    return {"std": "sample" if sample_std else "population", "precision": precision}


def _header(config: Mapping[str, Any]) -> Header:
    used = {name: value for name, value in config.items() if value is not None}
    return Header("stats", used, environment(torch.device("cpu")))


SAMPLE_STD = "--sample-std counts pixels, and --weight image counts images: choose one"


def _check(
    reading: Reading,
    choice: Choice,
    process: Shard,
    *,
    weight: Weight,
    compare: bool,
    sample_std: bool,
    out: Path | None,
) -> None:
    sharded = choice.shard.count > 1
    if reading.rgb and reading.grayscale:
        raise UsageError("--rgb and --grayscale exclude each other")
    if sample_std and weight == "image":
        raise UsageError(SAMPLE_STD)
    if sharded and out is None:
        raise UsageError("--shard wants --out, the file for its part")
    if process.count > 1 and (sharded or out):
        raise UsageError("under torchrun every process takes a shard by itself; leave --shard out")
    if compare and (sharded or process.count > 1):
        raise UsageError("--compare follows the images in order; it goes with one run over all")


def _check_places(out: Path | None, picture: Path | None) -> None:
    if out:
        check_place(out)
    if picture:
        histogram.check(picture)

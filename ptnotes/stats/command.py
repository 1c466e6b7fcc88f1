"""``ptnotes stats``, from options to events (notes, line 489)."""

import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ptnotes.engine.device import environment
from ptnotes.errors import UsageError
from ptnotes.events import Event, Header, Progress, Result
from ptnotes.stats import answer, sources
from ptnotes.plots import histogram
from ptnotes.stats import sharding as parts
from ptnotes.engine import distributed as torchrun
from ptnotes.stats.sources.arrays import Arrays
from ptnotes.stats.pipeline import Choice, cores, gather
from ptnotes.stats.decode import Reading
from ptnotes.stats.named import NAMES
from ptnotes.stats.sharding import Part
from ptnotes.stats.per_image import Weight
from ptnotes.stats.shortcuts import Shortcuts
from ptnotes.files import check_place

Events = Generator[Event, None, None]

SAMPLE_STD = "--sample-std counts pixels, and --weight image counts images: choose one"


@dataclass(frozen=True)
class Shown:
    """How the answer is shown; the same exact sums give all of it."""

    sample_std: bool = False
    precision: int = 4
    picture: Path | None = None

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
    reading: Reading,
    choice: Choice,
    weight: Weight,
    compare: bool,
    skip_errors: bool,
    workers: int | None,
    out: Path | None,
    shown: Shown,
) -> Events:
    """Read SOURCE and show what it holds; ``out`` gets the part file of a shard.

    ``sample`` says that the data directory is the one that ships with ptnotes. Under torchrun each
    process reads a shard, and all but the first end without a Result. Raises PtnotesError.
    """
    process = torchrun.shard_of_this_process()
    _check(reading, choice, weight, compare, out, shown, torchrun=process.count > 1)
    if process.count > 1:
        choice = replace(choice, shard=process)
    workers = workers or cores()
    if source in NAMES:
        split = split or "train"
    options = _options(split, pattern, reading, choice, weight, skip_errors)
    shard = {"shard": f"{choice.shard.index}/{choice.shard.count}"} if out else {}
    data = {"data": "sample" if sample else source}
    yield _header(data | options | shard | shown.config | {"workers": workers})

    started = time.perf_counter()
    shortcuts = Shortcuts() if compare else None

    def found() -> Generator[Progress, None, Part]:
        in_order = compare or choice.limit is not None
        opened = sources.find(
            source, split=split, data_dir=data_dir, pattern=pattern, in_order=in_order
        )
        if shown.picture and isinstance(opened, Arrays):
            histogram.check_type(floats=opened.array.dtype.kind == "f")
        details = weight if weight == "image" or in_order else None
        tally, listing = yield from gather(
            opened, reading, choice, details=details, workers=workers, shortcuts=shortcuts
        )
        return Part(options, listing, choice.shard, tally)

    part = yield from found() if process.count == 1 else torchrun.together(found(), process)
    if part is None:
        return
    if out:
        answer.check(part.tally, skip_errors=skip_errors)
        parts.write(out, part)
        if part.tally.done == 0:  # a shard may be empty
            yield Result({"images": 0})
            return
    yield from _answer(part, shortcuts, time.perf_counter() - started, shown)


def merge(*, paths: list[Path], shown: Shown) -> Events:
    """Show part files as if their images had been read in one run. Raises PtnotesError."""
    if shown.picture:
        histogram.check(shown.picture)
    started = time.perf_counter()
    part = parts.merged([(str(path), parts.read(path)) for path in paths])
    if shown.sample_std and part.options["weight"] == "image":
        raise UsageError(SAMPLE_STD)
    yield _header({"data": "parts"} | part.options | shown.config)
    yield from _answer(part, None, time.perf_counter() - started, shown)


def _answer(
    part: Part, shortcuts: Shortcuts | None, seconds: float, shown: Shown
) -> Iterator[Event]:
    stats = answer.settled(part.tally, skip_errors=part.options["skip_errors"])
    if shown.sample_std and stats.pixels < 2:
        raise UsageError("--sample-std wants two pixels or more")
    found = answer.result(stats, stats.sample_std if shown.sample_std else stats.std)
    if part.options["limit"] is not None:
        found |= answer.uncertainty(stats, part.listing.count)
    if shortcuts is not None:
        found["compare"] = shortcuts.results(stats.values.scale)
    if part.options["skip_errors"]:
        found |= answer.skipped(part.tally)
    if shown.picture:
        histogram.draw(stats.values, shown.picture)
    yield from answer.tables(found, shown.precision, part.options, shown.config["std"])
    found |= {"seconds": seconds, "images_per_second": stats.images / seconds}
    yield Result(found | {"normalize": answer.normalize_line(found, shown.precision)})


def _options(
    split: str | None,
    pattern: str | None,
    reading: Reading,
    choice: Choice,
    weight: Weight,
    skip_errors: bool,
) -> dict[str, Any]:
    """What the parts of one result must have in common."""
    return {
        "split": split,
        "glob": pattern,
        "weight": weight,
        **asdict(reading),
        "limit": choice.limit,
        "seed": None if choice.limit is None else choice.seed,
        "skip_errors": skip_errors,
    }


def _header(config: Mapping[str, Any]) -> Header:
    used = {name: value for name, value in config.items() if value is not None}
    return Header("stats", used, environment(torch.device("cpu")))


def _check(
    reading: Reading,
    choice: Choice,
    weight: Weight,
    compare: bool,
    out: Path | None,
    shown: Shown,
    *,
    torchrun: bool,
) -> None:
    sharded = choice.shard.count > 1
    if reading.rgb and reading.grayscale:
        raise UsageError("--rgb and --grayscale exclude each other")
    if shown.sample_std and weight == "image":
        raise UsageError(SAMPLE_STD)
    if sharded and out is None:
        raise UsageError("--shard wants --out, the file for its part")
    if torchrun and (sharded or out):
        raise UsageError("under torchrun every process takes a shard by itself; leave --shard out")
    if compare and (sharded or torchrun):
        raise UsageError("--compare follows the images in order; it goes with one run over all")
    if out:
        check_place(out)
    if shown.picture:
        histogram.check(shown.picture)

"""The results of shards: part files, processes of torchrun, and how they are merged."""

import hashlib
import json
import math
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from ptnotes.engine import distributed
from ptnotes.errors import DataError, PtnotesError
from ptnotes.events import Progress
from ptnotes.files import atomic_write, read_file
from ptnotes.stats.decode import Alpha
from ptnotes.stats.documents import check, number, text
from ptnotes.stats.partial import MAX_BROKEN_NAMES, Kind, PartialStats
from ptnotes.stats.per_image import Weight
from ptnotes.stats.sharding import MAX_SHARDS, Listing, Shard
from ptnotes.stats.statistics import ChannelStats

FORMAT = 1
MAX_LISTED = 10  # missing parts in an error
MAX_SIZE = 100 << 20  # bytes; in memory the lists of counts are ten times as large


@dataclass(frozen=True)
class Part:
    """A shard's statistics, and what all shards of a data set have in common."""

    options: dict[str, Any]
    listing: Listing
    shard: Shard
    partial: PartialStats

    def document(self) -> dict[str, Any]:
        """The form that ``from_document`` reads, in JSON's types; exact numbers are not rounded."""
        return {
            "ptnotes_stats_part": FORMAT,
            "options": self.options,
            "listing": asdict(self.listing),
            "shard": asdict(self.shard),
            "stats": [
                {"examples": self.partial.examples[kind], **stats.document()}
                for kind, stats in self.partial.stats.items()
            ],
            "broken": self.partial.broken,
            "broken_count": self.partial.broken_count,
            "first_of_several": self.partial.first_of_several,
            "extra_pages": self.partial.extra_pages,
            "without_pixels": self.partial.without_pixels,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Part":
        """Raises an exception of almost any type for what ``document`` did not write."""
        stats: dict[Kind, ChannelStats] = {}
        examples = {}
        for entry in document["stats"]:
            one = ChannelStats.from_document(entry)
            kind = (one.channels, one.values.scale)
            check(kind not in stats, "images of one kind come twice")
            stats[kind], examples[kind] = one, tuple(map(text, entry["examples"]))
        broken = tuple((text(name), text(reason)) for name, reason in document["broken"])
        part = cls(
            options=_options(document["options"]),
            listing=Listing(**document["listing"]),
            shard=Shard(**document["shard"]),
            partial=PartialStats(
                stats,
                examples,
                broken[:MAX_BROKEN_NAMES],
                number(document["broken_count"], len(broken)),
                number(document.get("first_of_several", 0)),
                extra_pages=number(document.get("extra_pages", 0)),
                without_pixels=number(document.get("without_pixels", 0)),
            ),
        )
        part._check()
        return part

    def _check(self) -> None:
        count = number(self.shard.count, number(self.shard.index, 1))
        check(count <= MAX_SHARDS, f"{count} shards")
        check(number(self.listing.names) < 2**64, "the checksum of the names")
        number(self.listing.count, number(self.partial.items_seen))
        for stats in self.partial.stats.values():
            check(self.options["weight"] in ("pixel", stats.weight), "sums of another weight")
            # what can't be has no finite mean or error here, rather than in the answer
            check(all(map(math.isfinite, stats.mean + stats.std)), "its mean or std")
            stats.standard_errors(self.listing.count)


def _options(options: dict[str, Any]) -> dict[str, Any]:
    scalars = (str, int, float, bool, type(None))
    check(all(isinstance(value, scalars) for value in options.values()), "its options")
    check(options["weight"] in get_args(Weight), "its weight")
    check(options["alpha"] in get_args(Alpha), "its alpha")
    check(isinstance(options["skip_errors"], bool), "its skip_errors")
    if options["limit"] is not None:
        number(options["limit"], 1)
    return dict(options)


def write_part(path: Path, part: Part) -> None:
    """Write a part file atomically. Raises DataError."""
    document = part.document()
    document["sha256"] = _digest(document)
    content = json.dumps(document, allow_nan=False)
    if len(content) > MAX_SIZE:
        raise DataError(
            f"{path} would have {len(content) >> 20} MB, and a part file has {MAX_SIZE >> 20} "
            "at most"
        )
    atomic_write(path, lambda temporary: temporary.write_text(content, encoding="utf-8"))


def _digest(document: dict[str, Any]) -> str:
    """Of everything but itself; files of version 0.1.0 have none."""
    rest = {name: value for name, value in document.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def read_part(path: Path) -> Part:
    """Raises DataError for what isn't a complete part file."""
    try:
        content = read_file(path)
        if len(content) > MAX_SIZE:
            raise DataError(f"{path} is not a part file: these have {MAX_SIZE >> 20} MB at most")
        document = json.loads(content.decode())
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not a part file: it is not JSON") from error
    if not isinstance(document, dict) or document.get("ptnotes_stats_part") != FORMAT:
        raise DataError(f"{path} is not a part file that --shard … --out wrote")
    try:
        check(document.get("sha256", _digest(document)) == _digest(document), "its checksum")
        return Part.from_document(document)
    except Exception as error:  # what isn't a part's leads to almost any type
        raise DataError(f"{path} is a damaged part file: {error!r:.200}") from error


def merge_parts(parts: Sequence[tuple[str, Part]]) -> Part:
    """All parts of a data set as one; each comes with the name to use in errors.

    Raises DataError if one is missing or given twice, or if they were read with other options or
    from other data.
    """
    (first_name, first), *rest = parts
    by_index = {first.shard.index: first_name}
    partial = first.partial
    for name, part in rest:
        _check_compatible(first_name, first, name, part)
        if part.shard.index in by_index:
            raise DataError(
                f"{by_index[part.shard.index]} and {name} overlap: "
                f"both are part {part.shard.index} of {part.shard.count}"
            )
        by_index[part.shard.index] = name
        partial += part.partial
    missing = sorted(set(range(1, first.shard.count + 1)) - set(by_index))
    if missing:
        more = f" and {len(missing) - MAX_LISTED} more" if len(missing) > MAX_LISTED else ""
        raise DataError(
            f"part {', '.join(map(str, missing[:MAX_LISTED]))}{more} of {first.shard.count} is "
            "missing: the result would not be that of the whole"
        )
    first.listing.check_read(partial.items_seen, first.options["limit"])
    return Part(first.options, first.listing, Shard(), partial)


def _check_compatible(first_name: str, first: Part, name: str, part: Part) -> None:
    for option in first.options.keys() | part.options.keys():
        ours, theirs = first.options.get(option), part.options.get(option)
        if ours != theirs:
            raise DataError(
                f"{first_name} and {name} come from different options: "
                f"{option} is {ours} in one and {theirs} in the other"
            )
    if first.shard.count != part.shard.count:
        raise DataError(
            f"{first_name} is one of {first.shard.count} parts, {name} one of {part.shard.count}"
        )
    if first.listing != part.listing:
        raise DataError(
            f"{first_name} and {name} come from different data: "
            f"one lists {first.listing.count} images, the other {part.listing.count}"
            + (", of other names" if first.listing.count == part.listing.count else "")
        )


def merge_processes(
    own: Generator[Progress, None, Part],
) -> Generator[Progress, None, Part | None]:
    """Under torchrun, the merged parts of all processes on rank 0 and None on the others.

    Elsewhere, what ``own`` returns. Raises DataError on rank 0 for an error on any rank: another
    process must not fail first, or torchrun ends rank 0 while it still waits for the rest.
    """
    if distributed.world_size() == 1:
        return (yield from own)
    found: Part | PtnotesError
    try:
        found = yield from own
    except PtnotesError as error:
        found = error
    parts = distributed.gather_on_rank0(found)
    if parts is None:
        return None
    return merge_parts([(f"process {rank}", part) for rank, part in enumerate(parts)])

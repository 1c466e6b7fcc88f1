"""Part files: what one shard found, and the options it was read with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.stats.channel_stats import ChannelStats
from ptnotes.stats.listing import Listing, Shard
from ptnotes.stats.tally import Kind, Tally
from ptnotes.files import write_whole

FORMAT = 1


@dataclass(frozen=True)
class Part:
    """A shard's tally, and what all shards of a data set have in common."""

    options: dict[str, Any]
    listing: Listing
    shard: Shard
    tally: Tally

    def document(self) -> dict[str, Any]:
        """JSON's types alone; exact numbers are kept as integers or as text."""
        return {
            "ptnotes_stats_part": FORMAT,
            "options": self.options,
            "listing": asdict(self.listing),
            "shard": asdict(self.shard),
            "stats": [
                {"examples": self.tally.examples[kind], **stats.document()}
                for kind, stats in self.tally.stats.items()
            ],
            "broken": self.tally.broken,
            "broken_count": self.tally.broken_count,
        }

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> "Part":
        """Raises KeyError, TypeError or ValueError for what ``document`` did not write."""
        stats: dict[Kind, ChannelStats] = {}
        examples = {}
        for entry in document["stats"]:
            one = ChannelStats.from_document(entry)
            kind = (one.channels, one.values.scale)
            stats[kind], examples[kind] = one, tuple(entry["examples"])
        broken = tuple((name, reason) for name, reason in document["broken"])
        return cls(
            options=dict(document["options"]),
            listing=Listing(**document["listing"]),
            shard=Shard(**document["shard"]),
            tally=Tally(stats, examples, broken, document["broken_count"]),
        )


def write(path: Path, part: Part) -> None:
    """Write a part file, whole or not at all. Raises DataError."""
    text = json.dumps(part.document(), allow_nan=False)
    write_whole(path, lambda place: place.write_text(text, encoding="utf-8"))


def read(path: Path) -> Part:
    """Raises DataError for what isn't a whole part file."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path} is not a part file: it is not JSON") from error
    if not isinstance(document, dict) or document.get("ptnotes_stats_part") != FORMAT:
        raise DataError(f"{path} is not a part file that --shard … --out wrote")
    try:
        return Part.from_document(document)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is a damaged part file: {error!r}") from error


def merged(parts: Sequence[tuple[str, Part]]) -> Part:
    """All parts of a data set as one; each comes with the name to use in errors.

    Raises DataError if one is missing or there twice, or if they were read with other options or
    from other data.
    """
    (first_name, first), *rest = parts
    by_index = {first.shard.index: first_name}
    tally = first.tally
    for name, part in rest:
        _check_alike(first_name, first, name, part)
        if part.shard.index in by_index:
            raise DataError(
                f"{by_index[part.shard.index]} and {name} overlap: "
                f"both are part {part.shard.index} of {part.shard.count}"
            )
        by_index[part.shard.index] = name
        tally += part.tally
    missing = sorted(set(range(1, first.shard.count + 1)) - set(by_index))
    if missing:
        raise DataError(
            f"part {', '.join(map(str, missing))} of {first.shard.count} is missing: "
            "the result would not be that of the whole"
        )
    return Part(first.options, first.listing, Shard(), tally)


def _check_alike(first_name: str, first: Part, name: str, part: Part) -> None:
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

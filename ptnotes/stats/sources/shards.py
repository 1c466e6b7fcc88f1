"""A folder of archives or parquet files, which together are one data set."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.decode import describe_error
from ptnotes.stats.items import Item
from ptnotes.stats.sources.files import IMAGE_SUFFIXES, ImageSource, Wanted, name_filter, walk

Opener = Callable[[Path], ImageSource]


def find_shards(root: Path, suffixes: tuple[str, ...], pattern: str | None) -> list[str]:
    """The shards in a folder, sorted, by --glob, or where it holds nothing else to read.

    Without --glob: those right in the folder or in its only subfolder "data", if there are neither
    images nor further folders beside them.
    """
    if pattern is not None and pattern.lower().endswith(suffixes):
        matches = name_filter(pattern)
        return [name for name in walk(root, in_order=True) if matches(name)]
    found, folders = _beside(root, suffixes)
    if folders == ["data"] and not found:
        found, folders = _beside(root / "data", suffixes)
        found = [f"data/{name}" for name in found]
    return [] if folders else sorted(found)


def _beside(root: Path, suffixes: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """The shards and the folders in a folder; no shards where there are images."""
    shards, folders = [], []
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                name = entry.name.lower()
                if name.endswith(IMAGE_SUFFIXES):
                    return [], []
                if name.endswith(suffixes):
                    shards.append(entry.name)
                elif not name.startswith(".") and entry.is_dir():
                    folders.append(entry.name)
    except OSError as error:
        raise DataError(f"{root} can't be read: {describe_error(error)}") from error
    return shards, folders


def chain(root: Path, names: list[str], opener: Opener) -> ImageSource:
    """The images of all shards in the order of their names, which precede theirs."""
    shards = [(name, opener(root / name)) for name in names]

    def all_names() -> Iterator[str]:
        for shard, source in shards:
            yield from (f"{shard}/{name}" for name in source.names())

    def items(wanted: Wanted) -> Iterator[Item]:
        places = itertools.count()
        for shard, source in shards:

            def wanted_here(_: int, name: str, shard: str = shard) -> bool:
                return wanted(next(places), f"{shard}/{name}")

            for item in source.items(wanted_here):
                yield item._replace(name=f"{shard}/{item.name}")

    quick = all(source.quick for _, source in shards)
    return ImageSource(f"{root} ({len(names)} shards)", all_names, items, quick)

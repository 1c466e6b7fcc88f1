"""Images that lie in files: a folder, a list of paths, a single one."""

import fnmatch
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.decode import Item
from ptnotes.stats.listing import Wanted

EXTENSIONS = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm",
)  # fmt: skip


@dataclass(frozen=True)
class Images:
    """Images to read one by one.

    ``names`` lists them all, ``items`` those that a test wants; each starts from the beginning.
    ``quick`` says that listing costs little beside reading; ``expected`` guesses their number on
    the way.
    """

    where: str
    names: Callable[[], Iterator[str]]
    items: Callable[[Wanted], Iterator[Item]]
    quick: bool = True
    expected: Callable[[], int | None] = lambda: None


def matcher(pattern: str | None) -> Callable[[str], bool]:
    """The test for a name: by --glob, or by the ending.

    A pattern without a slash is held against the last part of the name; ``*`` crosses slashes.
    """
    if pattern is None:
        return lambda name: name.lower().endswith(EXTENSIONS)
    match = re.compile(fnmatch.translate(pattern)).match
    if "/" in pattern:
        return lambda name: match(name) is not None
    return lambda name: match(name.rpartition("/")[2]) is not None


def described(where: object, pattern: str | None) -> str:
    """For the error that there are none."""
    endings = "no name ends in " + ", ".join(EXTENSIONS)
    return f"{where} ({f'none matches {pattern}' if pattern else endings})"


def folder(root: Path, pattern: str | None, *, in_order: bool) -> Images:
    """Every image at any depth, named by its path below ``root``."""
    matches = matcher(pattern)

    def names() -> Iterator[str]:
        return filter(matches, walk(root, in_order=in_order))

    def items(wanted: Wanted) -> Iterator[Item]:
        for index, name in enumerate(names()):
            if wanted(index, name):
                yield Item(name, os.path.join(root, name))

    return Images(described(root, pattern), names, items)


def walk(root: Path, *, in_order: bool) -> Iterator[str]:
    """The paths of all files below ``root``, relative to it, with slashes.

    Folders are entered through symlinks too, as torchvision's ImageFolder does, but each only
    once: a loop ends. Not sorting a folder means not holding its listing. Raises DataError.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [""]
    try:
        while waiting:
            below = waiting.pop()
            here = os.stat(root / below)
            if (here.st_dev, here.st_ino) in seen:
                continue
            seen.add((here.st_dev, here.st_ino))
            folders = []
            with os.scandir(root / below) as entries:
                listed = sorted(entries, key=lambda entry: entry.name) if in_order else entries
                for entry in listed:
                    if _is_folder(entry):
                        folders.append(f"{below}{entry.name}/")
                    else:
                        yield below + entry.name
            waiting += reversed(folders) if in_order else folders
    except OSError as error:
        raise DataError(f"{error.filename} can't be listed: {error.strerror}") from error


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a symlink to itself: opening it will say so
        return False


def from_list(path: Path, pattern: str | None) -> Images:
    """A text file with a path on every line, from where the command runs."""

    def names() -> Iterator[str]:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                yield from _lines(file, pattern)
        except OSError as error:
            raise DataError(f"{path} can't be read: {error.strerror}") from error

    return Images(_listed_in(path, pattern), names, lambda wanted: _items(names(), wanted))


def from_stdin(pattern: str | None) -> Images:
    """Paths on standard input, read as they come; kept only where they must be listed first."""
    kept: list[str] = []

    def names() -> Iterator[str]:
        kept.extend(_lines(sys.stdin, pattern))
        return iter(kept)

    def items(wanted: Wanted) -> Iterator[Item]:
        return _items(kept or _lines(sys.stdin, pattern), wanted)

    return Images(_listed_in("standard input", pattern), names, items, quick=False)


def single(path: Path) -> Images:
    """One image."""
    names = [str(path)]
    return Images(names[0], lambda: iter(names), lambda wanted: _items(names, wanted))


def _lines(file: Iterable[str], pattern: str | None) -> Iterator[str]:
    matches = matcher(pattern) if pattern else bool  # without --glob, any line that isn't empty
    return filter(matches, (line.rstrip("\r\n") for line in file))


def _listed_in(where: object, pattern: str | None) -> str:
    return f"{where} (none matches {pattern})" if pattern else f"{where} (it lists no path)"


def _items(names: Iterable[str], wanted: Wanted) -> Iterator[Item]:
    return (Item(name, name) for index, name in enumerate(names) if wanted(index, name))

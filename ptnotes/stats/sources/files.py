"""Images in the files of a folder."""

import fnmatch
import itertools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.items import Item
from ptnotes.stats.pixel_selection import is_mask

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm",
    ".dcm",
)  # fmt: skip

Wanted = Callable[[int, str], bool]  # by place in the listing, and by name


@dataclass(frozen=True)
class ImageSource:
    """Images to read one by one.

    ``names`` lists them all, ``items`` those that a test wants; each starts from the beginning.
    ``quick`` says that listing costs little compared with reading; ``expected`` estimates their
    number while they are read.
    """

    where: str
    names: Callable[[], Iterator[str]]
    items: Callable[[Wanted], Iterator[Item]]
    quick: bool = True
    expected: Callable[[], int | None] = lambda: None


def name_filter(pattern: str | None) -> Callable[[str], bool]:
    """The test for a name: by --glob, or by the ending.

    A pattern without a slash is matched against the last part of the name; ``*`` crosses slashes.
    """
    if pattern is None:
        return lambda name: name.lower().endswith(IMAGE_SUFFIXES)
    match = re.compile(fnmatch.translate(pattern)).match
    if "/" in pattern:
        return lambda name: match(name) is not None
    return lambda name: match(name.rpartition("/")[2]) is not None


def where_images_are(path: Path, pattern: str | None) -> str:
    """For the error that there are no images."""
    suffixes = "no name ends in " + ", ".join(IMAGE_SUFFIXES)
    return f"{path} ({f'none matches {pattern}' if pattern else suffixes})"


def folder(
    root: Path, pattern: str | None, *, in_order: bool, mask: str | None = None
) -> ImageSource:
    """Every image at any depth, named by its path below ``root``, without their masks."""
    matches = name_filter(pattern)

    def names() -> Iterator[str]:
        found = filter(matches, walk(root, in_order=in_order))
        return found if mask is None else itertools.filterfalse(is_mask(str(root), mask), found)

    def items(wanted: Wanted) -> Iterator[Item]:
        for index, name in enumerate(names()):
            if wanted(index, name):
                yield Item(name, os.path.join(root, name))

    return ImageSource(where_images_are(root, pattern), names, items)


def walk(root: Path, *, in_order: bool) -> Iterator[str]:
    """The paths of all files below ``root``, relative to it, with slashes.

    Folders are entered through symlinks too, as torchvision's ImageFolder does, but each only
    once: a loop ends. Unsorted, a folder's listing is not held in memory. Raises DataError.
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

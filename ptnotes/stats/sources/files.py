"""Images in files: a folder, a tar or zip (read in place), a list of paths, a single image."""

import fnmatch
import io
import lzma
import os
import re
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.decode import Content, InArchive, Item, describe_error

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".ppm", ".pgm",
)  # fmt: skip
DAMAGE = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)

Wanted = Callable[[int, str], bool]  # by place in the listing, and by name
Member = tuple[str, Callable[[], Content]]  # a name, and how to get its content


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


def _where(path: Path, pattern: str | None) -> str:
    """For the error that there are no images."""
    suffixes = "no name ends in " + ", ".join(IMAGE_SUFFIXES)
    return f"{path} ({f'none matches {pattern}' if pattern else suffixes})"


def folder(root: Path, pattern: str | None, *, in_order: bool) -> ImageSource:
    """Every image at any depth, named by its path below ``root``."""
    matches = name_filter(pattern)

    def names() -> Iterator[str]:
        return filter(matches, walk(root, in_order=in_order))

    def items(wanted: Wanted) -> Iterator[Item]:
        for index, name in enumerate(names()):
            if wanted(index, name):
                yield Item(name, os.path.join(root, name))

    return ImageSource(_where(root, pattern), names, items)


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


def path_list(path: Path, pattern: str | None) -> ImageSource:
    """A text file with a path on every line, relative to the working directory."""

    def names() -> Iterator[str]:
        try:
            with open(path, encoding="utf-8", errors="surrogateescape") as file:
                yield from _lines(file, pattern)
        except OSError as error:
            raise DataError(f"{path} can't be read: {error.strerror}") from error

    where = f"{path} ({_none_listed(pattern)})"
    return ImageSource(where, names, lambda wanted: _items(names(), wanted))


def standard_input(pattern: str | None) -> ImageSource:
    """Paths on standard input, read as they come; kept only where they must be listed first."""
    kept: list[str] = []

    def names() -> Iterator[str]:
        kept.extend(_lines(sys.stdin, pattern))
        return iter(kept)

    def items(wanted: Wanted) -> Iterator[Item]:
        return _items(kept or _lines(sys.stdin, pattern), wanted)

    return ImageSource(f"standard input ({_none_listed(pattern)})", names, items, quick=False)


def single_image(path: Path) -> ImageSource:
    names = [str(path)]
    return ImageSource(names[0], lambda: iter(names), lambda wanted: _items(names, wanted))


def _lines(file: Iterable[str], pattern: str | None) -> Iterator[str]:
    matches = name_filter(pattern) if pattern else bool  # without --glob, any non-empty line
    return filter(matches, (line.rstrip("\r\n") for line in file))


def _none_listed(pattern: str | None) -> str:
    return f"none matches {pattern}" if pattern else "it lists no path"


def _items(names: Iterable[str], wanted: Wanted) -> Iterator[Item]:
    return (Item(name, name) for index, name in enumerate(names) if wanted(index, name))


def archive(path: Path, pattern: str | None) -> ImageSource:
    """The images in a tar or zip, named by their paths in it. Damage to it raises DataError."""
    is_zip = path.name.lower().endswith(".zip")
    matches = name_filter(pattern)
    last = InArchive(str(path), 0, 0)
    passed = 0

    def members() -> Iterator[Member]:
        everything = _zip_members(path) if is_zip else _tar_members(path)
        return (member for member in everything if matches(member[0]))

    def names() -> Iterator[str]:
        with _damage_as_data_error(path):
            yield from (name for name, _ in members())

    def items(wanted: Wanted) -> Iterator[Item]:
        nonlocal last, passed
        with _damage_as_data_error(path):
            for index, (name, content) in enumerate(members()):
                if wanted(index, name):
                    item = Item(name, content())
                    if isinstance(item.content, InArchive):
                        last, passed = item.content, index + 1
                    yield item

    def expected() -> int | None:
        """The number of images, extrapolated from the part of a plain tar that is read so far."""
        reached = last.offset + last.size
        return passed * path.stat().st_size // reached if reached else None

    # a zip has a table of contents, a tar must be read through
    return ImageSource(_where(path, pattern), names, items, quick=is_zip, expected=expected)


@contextmanager
def _damage_as_data_error(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error


def _tar_members(path: Path) -> Iterator[Member]:
    """Workers read the images of a plain tar themselves; a compressed one is read in here."""
    with tarfile.open(path) as tar:
        plain = isinstance(tar.fileobj, io.BufferedReader)
        while (member := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # it keeps all, a kilobyte each
            if member.isreg():
                place = InArchive(str(path), member.offset_data, member.size)
                yield member.name, partial(_tar_content, tar, member, place if plain else None)


def _tar_content(tar: tarfile.TarFile, member: tarfile.TarInfo, place: InArchive | None) -> Content:
    if place is not None:
        return place
    file = tar.extractfile(member)
    assert file is not None  # it is a regular file
    return file.read()


def _zip_members(path: Path) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, partial(_zip_content, archive, member)


def _zip_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    try:
        return archive.read(member)
    except (*DAMAGE, RuntimeError, NotImplementedError) as error:  # encrypted, or a rare method
        return DataError(describe_error(error))

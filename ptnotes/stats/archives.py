"""Images in a tar or zip, read where they lie: nothing is unpacked to disk."""

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ptnotes.errors import DataError
from ptnotes.stats.sources.files import Images, described, matcher
from ptnotes.stats.decode import Content, InArchive, Item, reason
from ptnotes.stats.listing import Wanted

BROKEN = (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)

Member = tuple[str, Callable[[], Content]]


def open_archive(path: Path, pattern: str | None) -> Images:
    """The images in an archive, named by their paths in it. Damage to it raises DataError."""
    is_zip = path.name.lower().endswith(".zip")
    matches = matcher(pattern)
    last = InArchive(str(path), 0, 0)
    passed = 0

    def members() -> Iterator[Member]:
        everything = _zip_members(path) if is_zip else _tar_members(path)
        return (member for member in everything if matches(member[0]))

    def names() -> Iterator[str]:
        with _damage_named(path):
            yield from (name for name, _ in members())

    def items(wanted: Wanted) -> Iterator[Item]:
        nonlocal last, passed
        with _damage_named(path):
            for index, (name, content) in enumerate(members()):
                if wanted(index, name):
                    item = Item(name, content())
                    if isinstance(item.content, InArchive):
                        last, passed = item.content, index + 1
                    yield item

    def expected() -> int | None:
        """How many images there are in all, by how far those passed reach into a plain tar."""
        reached = last.offset + last.size
        return passed * path.stat().st_size // reached if reached else None

    # a zip has a table of contents, a tar must be gone through
    return Images(described(path, pattern), names, items, quick=is_zip, expected=expected)


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        raise DataError(f"{path} can't be read: {reason(error)}") from error


def _tar_members(path: Path) -> Iterator[Member]:
    """A worker finds an image of a plain tar by itself; a compressed one is read in here."""
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
    except (*BROKEN, RuntimeError, NotImplementedError) as error:  # encrypted, or a rare method
        return DataError(reason(error))

"""The images in a tar or zip, read in place: nothing is unpacked to disk."""

import bz2
import gzip
import io
import lzma
import os
import stat
import tarfile
import zipfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

from ptnotes.errors import DataError
from ptnotes.stats.decode import describe_error
from ptnotes.stats.items import Content, InArchive, Item, check_encoded
from ptnotes.stats.sources import webdataset
from ptnotes.stats.sources.files import ImageSource, Wanted, name_filter, where_images_are

Member = tuple[str, Callable[[], Content]]  # a name, and how to get its content

MAX_HEADER = 1 << 20  # bytes that may precede one member of a tar
ENCRYPTED = 1  # the bit of a zip's member
PADDING = 1 << 16  # bytes behind a tar's end that are looked at
DAMAGED = tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError  # type: ignore[attr-defined]
COMPRESSIONS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def archive(path: Path, pattern: str | None, key: str | None = None) -> ImageSource:
    """The images in a tar or zip, named by their paths in it. Damage to it raises DataError.

    ``key`` names one of several images that a sample of WebDataset has: the rest of a member's
    name behind the first dot.
    """
    is_zip = path.name.lower().endswith(".zip")
    matches, size = name_filter(pattern), os.path.getsize(path)
    last = InArchive(str(path), 0, 0)
    passed = 0

    def members() -> Iterator[Member]:
        everything = _zip_members(path) if is_zip else _tar_members(path)
        if key is not None:
            everything = (m for m in everything if webdataset.key_of(m[0]) == key.lower())
            if pattern is None:
                return everything
        elif pattern is None:
            everything = webdataset.checked(path, everything)
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
        return passed * size // reached if reached else None

    # a zip has a table of contents, a tar must be read through
    where = where_images_are(path, pattern) if key is None else f"{path} (no key is {key})"
    return ImageSource(where, names, items, quick=is_zip, expected=expected)


@contextmanager
def _damage_as_data_error(path: Path) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # damaged headers lead to almost any type
        raise DataError(f"{path} can't be read: {describe_error(error)}") from error


class _TarFile(io.RawIOBase):
    """An unpacked tar, of which ``left`` bytes may still be read: headers can promise any size."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.left = MAX_HEADER

    def read(self, size: int = -1) -> bytes:
        self.left -= size
        if self.left < 0:
            raise tarfile.ReadError(f"a header in it is longer than {MAX_HEADER >> 20} MB")
        return self.file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


class _TarInfo(tarfile.TarInfo):
    """A member; damage between two is an error, where tarfile takes it for the end."""

    @classmethod
    def fromtarfile(cls, tar: tarfile.TarFile) -> "_TarInfo":
        try:
            return super().fromtarfile(tar)
        except DAMAGED as error:
            raise tarfile.ReadError(str(error)) from error


def _tar_members(path: Path) -> Generator[Member, None, None]:
    """Workers read the images of a plain tar themselves; a compressed one is read in here."""
    with open(path, "rb") as file:
        start = file.read(6)
    unpack = next((each for magic, each in COMPRESSIONS.items() if start.startswith(magic)), None)
    with unpack(path) if unpack else open(path, "rb") as file:
        bounded = _TarFile(file)
        with tarfile.TarFile(fileobj=bounded, tarinfo=_TarInfo) as tar:
            reached = -1
            while (member := tar.next()) is not None:
                if tar.offset <= reached:  # it would begin again
                    raise tarfile.ReadError("a header in it holds a negative size")
                reached = tar.offset
                tar.members.clear()  # type: ignore[attr-defined]  # it keeps all, a kilobyte each
                if not member.isdir():
                    plain = None if unpack else str(path)
                    yield member.name, partial(_tar_content, file, member, plain)
                bounded.left = MAX_HEADER
            if file.read(PADDING).strip(b"\0"):
                raise tarfile.ReadError("another one follows its end; unpack it first")


def _tar_content(file: IO[bytes], member: tarfile.TarInfo, plain: str | None) -> Content:
    if not member.isreg() or member.issparse():
        return DataError("a link, a device or a sparse file in an archive; unpack it first")
    if plain is not None:
        return InArchive(plain, member.offset_data, member.size)
    try:
        check_encoded(member.size)
    except DataError as error:
        return error
    file.seek(member.offset_data)
    return file.read(member.size)


def _zip_members(path: Path) -> Generator[Member, None, None]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                yield member.filename, partial(_zip_content, archive, member)


def _zip_content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Content:
    if stat.S_ISLNK(member.external_attr >> 16):
        return DataError("a link in an archive; unpack it first")
    if member.flag_bits & ENCRYPTED:
        return DataError("encrypted; unpack it first")
    # by other methods, all that one step takes in is unpacked: bzip2 makes 46 MB of 45 bytes
    bounded = member.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    step = member.file_size if bounded else 64
    try:
        check_encoded(member.file_size)
        with archive.open(member) as file:
            file.MIN_READ_SIZE = step  # type: ignore[attr-defined]
            return b"".join(iter(lambda: file.read(step), b""))
    except DataError as error:
        return error
    except Exception as error:  # encrypted, a rare method, damaged
        return DataError(describe_error(error))

"""An image to read: where it lies, or what it is."""

import contextlib
import io
import os
import stat
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats.codecs.deep import Codec

MAX_ENCODED = 1 << 28  # bytes of an image in an archive, which is held in memory


class InArchive(NamedTuple):
    """Where an image lies within an uncompressed tar."""

    path: str
    offset: int
    size: int


class Page(NamedTuple):
    """A page of an open file: where ``image`` stands, or what ``codec`` reads of this number."""

    file: IO[bytes]
    image: Image.Image | None
    codec: Codec | None
    number: int


# a path, a place in an archive, a file's bytes, pixels, an image, a page, or why there is none
Content = str | InArchive | bytes | NDArray[Any] | Image.Image | Page | DataError


class Item(NamedTuple):
    """An image to read, and its name in messages."""

    name: str
    content: Content

    @property
    def nbytes(self) -> int:
        """The bytes in memory that it holds until it is read."""
        match self.content:
            case bytes() as content:
                return len(content)
            case np.ndarray() as pixels:
                return pixels.nbytes
            case Image.Image() as image:
                return 4 * image.width * image.height
        return 0


@contextlib.contextmanager
def opened(content: str | InArchive | bytes) -> Iterator[IO[bytes]]:
    """A file, which Pillow is given open.

    By its name, Pillow would map some files into memory: one that another process shortens would
    end this one with a bus error.
    """
    match content:
        case str():
            if not stat.S_ISREG(os.stat(content).st_mode):  # opening a pipe would wait for a writer
                raise DataError("not a regular file")
            with open(content, "rb") as file:
                yield file
        case InArchive():
            check_encoded(content.size)
            with open(content.path, "rb", buffering=0) as file:
                file.seek(content.offset)
                yield io.BytesIO(file.read(content.size))
        case bytes():
            yield io.BytesIO(content)


def check_encoded(size: int) -> None:
    """Raises DataError if a file in an archive is too large to be read into memory."""
    if size > MAX_ENCODED:
        raise DataError(f"{size >> 20} MB in an archive, and {MAX_ENCODED >> 20} MB are the most")

"""The samples of a WebDataset: neighbours in a tar that have the same name before the first dot."""

import contextlib
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.stats.sources.files import IMAGE_SUFFIXES

Member = tuple[str, Callable[[], Any]]


def key_of(name: str) -> str:
    """What follows the first dot of a member's name, in lower case as webdataset has it."""
    return name.rpartition("/")[2].partition(".")[2].lower()


def checked(path: Path, members: Generator[Member, None, None]) -> Generator[Member, None, None]:
    """The members of an archive. Raises DataError at a sample of several images.

    A sample has something else beside its images, too: a label, a caption. Files with dots in
    their names are none.
    """
    sample, keys = "", set[str]()
    with contextlib.closing(members):  # and the archive with them
        for member in members:
            folder, slash, name = member[0].rpartition("/")
            here = f"{folder}{slash}{name.partition('.')[0]}"
            if here != sample:
                sample, keys = here, set()
            keys.add(key_of(name))
            images = sorted(key for key in keys if f".{key}".endswith(IMAGE_SUFFIXES))
            if 1 < len(images) < len(keys):
                raise DataError(
                    f"{path} has several images in the sample {sample} ({', '.join(images)}); "
                    "--key says which one to read"
                )
            yield member

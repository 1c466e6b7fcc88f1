"""What SOURCE is: a data set by name, a folder, a file of arrays, an archive, a list of paths."""

import os
import sys
from pathlib import Path

from ptnotes.datasets import builtin
from ptnotes.errors import DataError, UsageError
from ptnotes.stats.layout import Axes
from ptnotes.stats.sources import archives, arrays, files, lists
from ptnotes.stats.sources.arrays import ArraySource
from ptnotes.stats.sources.files import ImageSource

Source = ImageSource | ArraySource

ARCHIVE_SUFFIXES = (
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip",
)  # fmt: skip
ARRAY_SUFFIXES = (".npy", ".npz", ".pt", ".pth", ".idx", ".idx.gz", "-ubyte", "-ubyte.gz")
WITH_KEYS = (".npz", ".pt", ".pth")
LIST_SUFFIXES = (".txt", ".lst", ".list")


def find(
    source: str,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    pattern: str | None = None,
    layout: Axes | None = None,
    key: str | None = None,
    in_order: bool = False,
) -> Source:
    """Open SOURCE without reading its images; ``in_order`` walks a folder by sorted names.

    Raises DataError if it doesn't exist or its form is unknown, UsageError for an option that
    doesn't apply to it, or where ``layout`` must say what an array's axes are. Of several arrays
    in a file, ``key`` names the one to read.
    """
    by_name = source in builtin.DATA_SETS
    if split is not None and not by_name:
        raise UsageError(f"--split is for {', '.join(builtin.DATA_SETS)}")
    if key is not None and (by_name or not source.lower().endswith(WITH_KEYS)):
        raise UsageError(f"--key names one of several arrays in a file, and {source} has no names")
    opened: Source
    if by_name:
        images = builtin.read(source, split or "train", data_dir)
        opened = arrays.array_source(source, images, builtin.LAYOUTS[source])
    else:
        opened = _open(source, pattern, layout, key, in_order)
    if pattern is not None and isinstance(opened, ArraySource):
        raise UsageError(f"--glob chooses files, and {source} is an array")
    if layout is not None and (by_name or not isinstance(opened, ArraySource)):
        raise UsageError(f"--layout names the axes of an array in a file, and {source} is none")
    return opened


def _open(
    source: str, pattern: str | None, layout: Axes | None, key: str | None, in_order: bool
) -> Source:
    name, path = source.lower(), Path(source)
    if source == "-":
        if sys.stdin is None:  # whoever started the process has closed it
            raise DataError("standard input is closed; - reads a list of paths from it")
        return lists.standard_input(pattern)
    if not os.path.exists(
        source
    ):  # an empty name too; Path.exists raises for what can't be entered
        raise DataError(
            f"{source} is neither a file, nor a folder, nor one of {', '.join(builtin.DATA_SETS)}"
        )
    if os.path.isdir(path):
        return files.folder(path, pattern, in_order=in_order)
    if not os.path.isfile(path):  # a pipe without a writer would be waited for
        raise DataError(f"{source} is not a regular file; - reads a list of paths from a pipe")
    if name.endswith(ARCHIVE_SUFFIXES):
        return archives.archive(path, pattern)
    if name.endswith(ARRAY_SUFFIXES):
        return arrays.open_file(path, layout, key)
    if name.endswith(LIST_SUFFIXES):
        return lists.path_list(path, pattern)
    if name.endswith(files.IMAGE_SUFFIXES):
        return lists.single_image(path)
    raise DataError(
        f"{source}: its name doesn't end like an image's, an array's "
        f"({', '.join(ARRAY_SUFFIXES)}), an archive's ({', '.join(ARCHIVE_SUFFIXES)}) "
        f"or a list of paths' ({', '.join(LIST_SUFFIXES)})"
    )

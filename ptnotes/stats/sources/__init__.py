"""What SOURCE is: a data set by name, a folder, a file of arrays, an archive, a list of paths."""

import os
import sys
from pathlib import Path

from ptnotes.datasets import builtin
from ptnotes.errors import DataError, UsageError
from ptnotes.stats.layout import Axes
from ptnotes.stats.sources import archives, arrays, files, lists, parquet, shards, video
from ptnotes.stats.sources.arrays import ArraySource
from ptnotes.stats.sources.chunked import HDF5_SUFFIXES, ZARR_SUFFIXES
from ptnotes.stats.sources.files import ImageSource

Source = ImageSource | ArraySource

ARCHIVE_SUFFIXES = (
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip",
)  # fmt: skip
ARRAY_SUFFIXES = (
    ".npy", ".npz", ".pt", ".pth", ".idx", ".idx.gz", "-ubyte", "-ubyte.gz", *HDF5_SUFFIXES,
    *ZARR_SUFFIXES,
)  # fmt: skip
WITH_KEYS = (".npz", ".pt", ".pth", *HDF5_SUFFIXES, *ZARR_SUFFIXES)
SHARD_SUFFIXES = (*ARCHIVE_SUFFIXES, ".parquet")
LIST_SUFFIXES = (".txt", ".lst", ".list")


def find(
    source: str,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    pattern: str | None = None,
    layout: Axes | None = None,
    key: str | None = None,
    every: int | None = None,
    in_order: bool = False,
    mask: str | None = None,
) -> Source:
    """Open SOURCE without reading its images; ``in_order`` walks a folder by sorted names, in
    which ``mask`` says what are masks and no images.

    Raises DataError if it doesn't exist or its form is unknown, UsageError for an option that
    doesn't apply to it, or where ``layout`` must say what an array's axes are. Of several arrays
    in a file, ``key`` names the one to read; of a video, one of ``every`` so many frames is read.
    """
    by_name = source in builtin.DATA_SETS
    if split is not None and not by_name:
        raise UsageError(f"--split is for {', '.join(builtin.DATA_SETS)}")
    if by_name:
        _refuse_key(key, source)
    is_video = source.lower().endswith(video.SUFFIXES) and os.path.isfile(source)
    if every is not None and not is_video:
        raise UsageError(f"--every counts the frames of a video, and {source} is none")
    opened: Source
    if by_name:
        images = builtin.read(source, split or "train", data_dir)
        opened = arrays.array_source(source, images, builtin.LAYOUTS[source])
    elif is_video:
        _refuse_key(key, source)
        if pattern is not None:
            raise UsageError(f"--glob chooses files, and {source} is one")
        opened = video.video(Path(source), every or 1)
    else:
        opened = _open(source, pattern, layout, key, in_order, mask)
    if pattern is not None and isinstance(opened, ArraySource):
        raise UsageError(f"--glob chooses files, and {source} is an array")
    if layout is not None and (by_name or not isinstance(opened, ArraySource)):
        raise UsageError(f"--layout names the axes of an array in a file, and {source} is none")
    return opened


def _open(
    source: str,
    pattern: str | None,
    layout: Axes | None,
    key: str | None,
    in_order: bool,
    mask: str | None,
) -> Source:
    name, path = source.lower(), Path(source)
    if source == "-":
        _refuse_key(key, source)
        if sys.stdin is None:  # whoever started the process has closed it
            raise DataError("standard input is closed; - reads a list of paths from it")
        return lists.standard_input(pattern)
    # an empty name doesn't exist either; Path.exists raises for what can't be entered
    if not os.path.exists(source):
        raise DataError(
            f"{source} is neither a file, nor a folder, nor one of {', '.join(builtin.DATA_SETS)}"
        )
    if os.path.isdir(path):
        if name.endswith(".zarr"):
            return arrays.open_file(path, layout, key)
        return _open_folder(path, pattern, key, in_order, mask)
    if not os.path.isfile(path):  # a pipe without a writer would be waited for
        raise DataError(f"{source} is not a regular file; - reads a list of paths from a pipe")
    if name.endswith(ARCHIVE_SUFFIXES) and not name.endswith(ZARR_SUFFIXES):
        return archives.archive(path, pattern, key)
    if name.endswith(".parquet"):
        if pattern is not None:
            raise UsageError(f"--glob chooses files, and {source} is one")
        return parquet.parquet(path, key)
    if name.endswith(ARRAY_SUFFIXES):
        if not name.endswith(WITH_KEYS):
            _refuse_key(key, source)
        return arrays.open_file(path, layout, key)
    _refuse_key(key, source)
    if name.endswith(LIST_SUFFIXES):
        return lists.path_list(path, pattern)
    if name.endswith(files.IMAGE_SUFFIXES):
        return lists.single_image(path)
    raise DataError(
        f"{source}: its name doesn't end like an image's, an array's "
        f"({', '.join(ARRAY_SUFFIXES)}), an archive's ({', '.join(SHARD_SUFFIXES)}) "
        f"or a list of paths' ({', '.join(LIST_SUFFIXES)})"
    )


def _open_folder(
    path: Path, pattern: str | None, key: str | None, in_order: bool, mask: str | None
) -> Source:
    """A folder of images, or of archives or parquet files."""
    names = shards.find_shards(path, SHARD_SUFFIXES, pattern)
    if not names:
        _refuse_key(key, str(path))
        return files.folder(path, pattern, in_order=in_order, mask=mask)
    of_shards = pattern is not None and pattern.lower().endswith(SHARD_SUFFIXES)

    def open_shard(shard: Path) -> ImageSource:
        if shard.name.lower().endswith(".parquet"):
            return parquet.parquet(shard, key)
        return archives.archive(shard, None if of_shards else pattern, key)

    return shards.chain(path, names, open_shard)


def _refuse_key(key: str | None, source: str) -> None:
    if key is not None:
        raise UsageError(
            "--key names one of several arrays, columns or images of a sample, and "
            f"{source} has no names"
        )

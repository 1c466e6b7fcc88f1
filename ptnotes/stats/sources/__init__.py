"""What SOURCE is: a data set by name, a folder, a file of arrays, an archive, a list of paths."""

from pathlib import Path

from ptnotes.datasets import builtin
from ptnotes.errors import DataError, UsageError
from ptnotes.stats.sources import arrays, files
from ptnotes.stats.sources.arrays import ArraySource
from ptnotes.stats.sources.files import ImageSource

Source = ImageSource | ArraySource

ARCHIVE_SUFFIXES = (
    ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip",
)  # fmt: skip
ARRAY_SUFFIXES = (".npy", ".npz", ".pt", ".pth", ".idx", ".idx.gz", "-ubyte", "-ubyte.gz")
LIST_SUFFIXES = (".txt", ".lst", ".list")


def find(
    source: str,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    pattern: str | None = None,
    in_order: bool = False,
) -> Source:
    """Open SOURCE without reading its images; ``in_order`` walks a folder by sorted names.

    Raises DataError if it doesn't exist or its form is unknown, UsageError for an option that
    doesn't apply to it.
    """
    by_name = source in builtin.DATA_SETS
    if split is not None and not by_name:
        raise UsageError(f"--split is for {', '.join(builtin.DATA_SETS)}")
    opened: Source
    if by_name:
        opened = arrays.array_source(source, builtin.read(source, split or "train", data_dir))
    else:
        opened = _open(source, pattern, in_order)
    if pattern is not None and isinstance(opened, ArraySource):
        raise UsageError(f"--glob chooses files, and {source} is an array")
    return opened


def _open(source: str, pattern: str | None, in_order: bool) -> Source:
    name, path = source.lower(), Path(source)
    if source == "-":
        return files.standard_input(pattern)
    if not path.exists():
        raise DataError(
            f"{source} is neither a file, nor a folder, nor one of {', '.join(builtin.DATA_SETS)}"
        )
    if path.is_dir():
        return files.folder(path, pattern, in_order=in_order)
    if name.endswith(ARCHIVE_SUFFIXES):
        return files.archive(path, pattern)
    if name.endswith(ARRAY_SUFFIXES):
        return arrays.open_file(path)
    if name.endswith(LIST_SUFFIXES):
        return files.path_list(path, pattern)
    if name.endswith(files.IMAGE_SUFFIXES):
        return files.single_image(path)
    raise DataError(
        f"{source}: its name doesn't end like an image's, an array's "
        f"({', '.join(ARRAY_SUFFIXES)}), an archive's ({', '.join(ARCHIVE_SUFFIXES)}) "
        f"or a list of paths' ({', '.join(LIST_SUFFIXES)})"
    )

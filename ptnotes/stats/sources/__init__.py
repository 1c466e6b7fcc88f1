"""What SOURCE is: a data set by name, a folder, a file of arrays, an archive, a list of paths."""

from pathlib import Path

from ptnotes.errors import DataError, UsageError
from ptnotes.stats import archives, named
from ptnotes.stats.sources import arrays
from ptnotes.stats.sources import files
from ptnotes.stats.sources.arrays import Arrays
from ptnotes.stats.sources.files import Images

Source = Images | Arrays

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".zip")
ARRAYS = (".npy", ".npz", ".pt", ".pth", ".idx", ".idx.gz", "-ubyte", "-ubyte.gz")
LISTS = (".txt", ".lst", ".list")


def find(
    source: str,
    *,
    split: str | None = None,
    data_dir: Path | None = None,
    pattern: str | None = None,
    in_order: bool = False,
) -> Source:
    """Open SOURCE without reading its images; ``in_order`` walks a folder by sorted names.

    Raises DataError if it isn't there or can't be told, UsageError for an option that isn't for it.
    """
    if split is not None and source not in named.NAMES:
        raise UsageError(f"--split is for {', '.join(named.NAMES)}")
    opened = (
        named.read(source, split or "train", data_dir)
        if source in named.NAMES
        else _opened(source, pattern, in_order)
    )
    if pattern is not None and isinstance(opened, Arrays):
        raise UsageError(f"--glob chooses files, and {source} is an array")
    return opened


def _opened(source: str, pattern: str | None, in_order: bool) -> Source:
    name, path = source.lower(), Path(source)
    if source == "-":
        return files.from_stdin(pattern)
    if not path.exists():
        raise DataError(
            f"{source} is neither a file, nor a folder, nor one of {', '.join(named.NAMES)}"
        )
    if path.is_dir():
        return files.folder(path, pattern, in_order=in_order)
    if name.endswith(ARCHIVES):
        return archives.open_archive(path, pattern)
    if name.endswith(ARRAYS):
        return arrays.open_file(path)
    if name.endswith(LISTS):
        return files.from_list(path, pattern)
    if name.endswith(files.EXTENSIONS):
        return files.single(path)
    raise DataError(
        f"{source}: its name doesn't end like an image's, an array's ({', '.join(ARRAYS)}), "
        f"an archive's ({', '.join(ARCHIVES)}) or a list of paths' ({', '.join(LISTS)})"
    )

"""Files read, written and locked: one has its name only when it is complete and on the disk."""

import errno
import os
import stat
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ptnotes.errors import DataError, PtnotesWarning

TEMPORARY = ".writing-"  # prefix of the temporary directories; a killed process leaves its own
LOCK = ".lock"
LARGEST = 1 << 28  # bytes that are read at once: a million updates' run.json has half of that
NO_LOCKS = (errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK)  # of a file system


def read_file(path: Path) -> bytes:
    """The content of an ordinary file. Raises DataError, and OSError as ``open`` does."""
    found = path.stat()
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        raise DataError(f"{path} is not an ordinary file")  # a pipe would never end
    if found.st_size > LARGEST:
        raise DataError(f"{path} is too large: {found.st_size} bytes, and at most {LARGEST}")
    return path.read_bytes()


def atomic_write(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then rename it. Raises DataError."""
    try:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent) as directory:
            temporary = Path(directory) / path.name
            write(temporary)
            with temporary.open("rb+") as file:  # else a power cut can leave an empty file
                os.fsync(file.fileno())
            os.replace(temporary, path)
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror or error}") from error


def check_writable(path: Path) -> None:
    """Raises DataError, before the work, if no file can be written at ``path``."""
    if os.path.isdir(path):  # Path.is_dir raises where a directory can't be entered
        raise DataError(f"{path} is a directory")
    if os.path.exists(path) and not os.path.isfile(path):  # a device would be replaced
        raise DataError(f"{path} is not an ordinary file")
    if not os.path.isdir(path.parent):
        raise DataError(f"{path} can't be written: there is no directory {path.parent}")
    try:
        with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=path.parent):
            pass
    except OSError as error:
        raise DataError(f"{path} can't be written: {error.strerror}") from error


@contextmanager
def exclusive_lock(directory: Path) -> Iterator[None]:
    """Inside, another process that asks for the same directory gets a DataError.

    The operating system releases the lock when the process ends, however it does. On a file system
    without locks there is a PtnotesWarning, and nothing is locked.
    """
    from filelock import FileLock, Timeout

    # no file in the place of a lock, for it outlives a killed process
    lock = FileLock(directory / LOCK, timeout=0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout as error:
        raise DataError(f"another process is writing to {directory}") from error
    except NotImplementedError:
        _warn_of_no_locks(directory)
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise DataError(f"{directory} can't be written: {error.strerror}") from error
        _warn_of_no_locks(directory)
    try:
        yield
    finally:
        lock.release()


def _warn_of_no_locks(directory: Path) -> None:
    warnings.warn(
        f"the file system of {directory} has no locks: let no other process write there",
        PtnotesWarning,
        stacklevel=3,
    )

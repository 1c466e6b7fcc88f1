"""Verified downloads: a file gets its name only when its SHA-256 is right.

The transfer goes to a directory of its own beside the target; so an interruption leaves nothing
under the file's name, and processes don't share a file.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from ptnotes.datasets.manifest import DataSet, File
from ptnotes.errors import DataError

if TYPE_CHECKING:
    from rich.progress import Progress

PARTIAL = ".download-"
ABANDONED = 24 * 3600  # seconds after which another process's partial download counts as abandoned
TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of an answer
PATIENCE, SLOWEST = 60, 2000  # seconds, and the bytes a second after these, for the whole of it
CHUNK = 1 << 16  # bytes


def offline() -> bool:
    """Whether PTNOTES_OFFLINE forbids the network."""
    return os.environ.get("PTNOTES_OFFLINE", "0") not in ("", "0")


def addresses(data_set: DataSet, file: File) -> dict[str, str]:
    """Where to try, in order, by the name to show: PTNOTES_MIRROR may hold a password.

    It is the base address of a data directory, and comes first.
    """
    name = file.path.rsplit("/", 1)[-1]
    own = os.environ.get("PTNOTES_MIRROR")
    found = {"PTNOTES_MIRROR": f"{own.rstrip('/')}/{file.path}"} if own else {}
    return found | {address: address for address in (urljoin(m, name) for m in data_set.mirrors)}


def fetch(data_set: DataSet, file: File, directory: Path) -> Path:
    """Download ``file`` to its place in ``directory``; returns that place.

    Raises DataError if PTNOTES_OFFLINE is set, or if no address gave the right file: the reason of
    each is named.
    """
    target = directory / file.path
    if offline():
        raise _unavailable(file, directory, "PTNOTES_OFFLINE is set")
    print(f"downloading {file.path} to {directory}", file=sys.stderr)
    reasons = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(directory)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=directory) as partial:
            whole = Path(partial) / "whole"
            for shown, address in addresses(data_set, file).items():
                reason = _try(address, file, whole)
                if reason is None:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    os.replace(whole, target)
                    return target
                reasons.append(f"{shown}: {reason}")
    except OSError as error:
        reasons.append(str(error))
    raise _unavailable(file, directory, "; ".join(reasons))


def _try(address: str, file: File, whole: Path) -> str | None:
    """None if ``whole`` is the file now, else the reason why it isn't, on one line.

    Raises OSError if it can't be written.
    """
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    try:
        received = _transfer(address, file, whole)
    except RequestException as error:
        answer = error.response
        return type(error).__name__ if answer is None else f"HTTP status {answer.status_code}"
    except (HTTPError, ValueError) as error:  # of some wrong addresses a ValueError
        return type(error).__name__
    if received != file.size:
        return f"{'only' if received < (file.size or 0) else 'more than'} {received} bytes came"
    with whole.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return None if digest == file.sha256 else "wrong checksum"


def _transfer(address: str, file: File, whole: Path) -> int:
    """Write what ``address`` answers to ``whole``; returns the bytes written.

    It ends where more comes than the file has, or where all of it would take too long. Raises
    RequestException, HTTPError, ValueError, OSError.
    """
    import requests

    size, received = file.size or 0, 0
    end = time.monotonic() + PATIENCE + size / SLOWEST
    # a server that offers to unpack .gz files on the way must not
    headers = {"Accept-Encoding": "identity"}
    with (
        requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as answer,
        whole.open("wb") as output,
        _progress() as progress,
    ):
        answer.raise_for_status()
        task = progress.add_task(file.path.rsplit("/", 1)[-1], total=size)
        # read1 takes what is there, and so comes back to the clock
        while received <= size and time.monotonic() < end and (piece := answer.raw.read1(CHUNK)):
            output.write(piece)
            received += len(piece)
            progress.advance(task, len(piece))
        output.flush()
        os.fsync(output.fileno())  # else a power cut can leave an empty file under the name
    return received


def _clear_abandoned(directory: Path) -> None:
    """Remove what a killed process left, once it is a day old; or of the day after, by a clock
    that has gone back.
    """
    for partial in directory.glob(f"{PARTIAL}*"):
        with contextlib.suppress(FileNotFoundError):  # another process may just have ended
            if abs(time.time() - partial.stat().st_mtime) > ABANDONED:
                shutil.rmtree(partial, ignore_errors=True)


def _unavailable(file: File, directory: Path, reason: str) -> DataError:
    return DataError(
        f"{file.path} is not in {absolute(directory)} and could not be downloaded ({reason}); "
        "if you have it elsewhere, name that directory with --data-dir, "
        "or take the sample that ships with ptnotes: --sample"
    )


def absolute(directory: Path) -> str:
    """To show; as it is given where the current directory is gone."""
    try:
        return str(directory.resolve())
    except (OSError, RuntimeError):  # RuntimeError: a loop of symlinks, until Python 3.12
        return str(directory)


def _progress() -> "Progress":
    """A bar on stderr, on terminals only."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )

"""Verified downloads: a file gets its name only when its SHA-256 is right.

pooch does the transfer and the check, in a directory of its own beside the target; so an
interruption leaves nothing under the file's name, and processes don't share a file.
"""

import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Self
from urllib.parse import urljoin

from ptnotes.datasets.manifest import DataSet, File
from ptnotes.errors import DataError

PARTIAL = ".download-"
ABANDONED = 24 * 3600  # seconds after which another process's partial download counts as abandoned
TIMEOUT = (10, 30)  # seconds to connect, and between two pieces of an answer
CHUNK = 1 << 16  # bytes


def addresses(data_set: DataSet, file: File) -> list[str]:
    """Where to try. PTNOTES_MIRROR, the base address of a data directory, comes first."""
    name = file.path.rsplit("/", 1)[-1]
    found = [urljoin(mirror, name) for mirror in data_set.mirrors]
    own = os.environ.get("PTNOTES_MIRROR")
    return [f"{own.rstrip('/')}/{file.path}", *found] if own else found


def fetch(data_set: DataSet, file: File, directory: Path) -> Path:
    """Download ``file`` to its place in ``directory``; returns that place.

    Raises DataError if PTNOTES_OFFLINE is set, or if no address gave the right file: the reason of
    each is named.
    """
    target = directory / file.path
    if os.environ.get("PTNOTES_OFFLINE", "0") not in ("", "0"):
        raise _unavailable(file, directory, "PTNOTES_OFFLINE is set")
    print(f"downloading {file.path} to {directory}", file=sys.stderr)
    reasons = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _clear_abandoned(directory)
        with tempfile.TemporaryDirectory(prefix=PARTIAL, dir=directory) as partial:
            for address in addresses(data_set, file):
                reason = _try(address, file, Path(partial), target)
                if reason is None:
                    return target
                reasons.append(f"{address}: {reason}")
    except OSError as error:
        reasons.append(str(error))
    raise _unavailable(file, directory, "; ".join(reasons))


def _try(address: str, file: File, partial: Path, target: Path) -> str | None:
    """None if the file is at its place now, else the reason why it isn't, on one line."""
    import pooch
    from requests import RequestException

    pooch.get_logger().setLevel("WARNING")
    try:
        with _Bar(target.name) as bar:
            downloader = pooch.HTTPDownloader(
                progressbar=bar,
                chunk_size=CHUNK,
                timeout=TIMEOUT,
                # a server that offers to unpack .gz files on the way must not
                headers={"Accept-Encoding": "identity"},
            )
            whole = pooch.retrieve(
                address, f"sha256:{file.sha256}", "whole", path=partial, downloader=downloader
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        ordinary = partial / "ordinary"
        ordinary.touch()
        shutil.copymode(ordinary, whole)  # pooch's temporary file is readable by its owner only
        os.replace(whole, target)
    except RequestException as error:
        answer = error.response
        return type(error).__name__ if answer is None else f"HTTP status {answer.status_code}"
    except ValueError as error:
        return "wrong checksum" if "known hash" in str(error) else str(error).splitlines()[0]
    return None


def _clear_abandoned(directory: Path) -> None:
    """Remove what a killed process left, once it is a day old."""
    for partial in directory.glob(f"{PARTIAL}*"):
        with contextlib.suppress(FileNotFoundError):  # another process may just have ended
            if time.time() - partial.stat().st_mtime > ABANDONED:
                shutil.rmtree(partial, ignore_errors=True)


def _unavailable(file: File, directory: Path, reason: str) -> DataError:
    return DataError(
        f"{file.path} is not in {directory.resolve()} and could not be downloaded ({reason}); "
        "if you have it elsewhere, name that directory with --data-dir, "
        "or take the sample that ships with ptnotes: --sample"
    )


class _Bar:
    """The part of tqdm's interface that pooch calls, drawn by rich on stderr."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(name, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    @property
    def total(self) -> float | None:
        """Bytes to come; pooch sets 0 where the server doesn't say."""
        return self._bar.tasks[0].total

    @total.setter
    def total(self, size: int) -> None:
        self._bar.update(self._task, total=size or None)

    def update(self, size: int) -> None:
        self._bar.advance(self._task, size)

    def reset(self) -> None:
        self._bar.reset(self._task)

    def close(self) -> None:
        pass

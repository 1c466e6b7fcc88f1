"""Whether this machine can run the topics: each part looked at, with the cure where it can't.

Nothing here needs torch, numpy or pandas.
"""

import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from ptnotes.doctor import libraries
from ptnotes.doctor.check import Check
from ptnotes.doctor.memory import free_memory
from ptnotes.errors import PtnotesError
from ptnotes.events import Event, Header, Marked, Progress, Result, Table
from ptnotes.language import translate

if TYPE_CHECKING:
    from ptnotes.datasets.manifest import DataSet

SIGNS = {"ok": ("✓", "good"), "warning": ("!", "warning"), "error": ("✗", "bad")}
LOWEST_PYTHON = (3, 11)
MIRROR_SECONDS = 10
FREE = 2 << 30  # bytes; torch's own files aside, all data sets take 200 MB
MEMORY = 2 << 30
NARROW = 60  # columns; tables of fewer are hard to read


def run(*, data_dir: Path | None, network: bool) -> Iterator[Event]:
    """A Table of all checks, then the Result: "checks", and the names of those that "failed"."""
    environment = {"python": platform.python_version(), "platform": platform.platform()}
    yield Header("doctor", {"network": network}, environment)
    yield Progress(None, 0, None, "checks")
    checks = [
        _python(),
        *libraries.packages(),
        *libraries.imports(),
        *_machine(),
        *_terminal(),
        *_data(data_dir),
    ]
    if network:
        checks += _mirrors()
    rows = [
        # a single word in a cell is taken for a name: these are not
        (Marked(SIGNS[each.status]), Marked((translate(each.what), "")), _with_cure(each))
        for each in checks
    ]
    yield Table("This machine", ("", "part", "found"), rows)
    failed = [each.what for each in checks if each.status == "error"]
    yield Result({"checks": [vars(each) for each in checks], "failed": failed})


def _with_cure(check: Check) -> str:
    if not check.cure:
        return Marked((translate(check.found), ""))
    role = SIGNS[check.status][1]
    return Marked((f"{translate(check.found)}\n", ""), (translate(check.cure), role))


def _python() -> Check:
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < LOWEST_PYTHON:
        return Check("Python", "error", found, "install Python 3.11 or newer")
    return Check("Python", "ok", found)


def _machine() -> Iterator[Check]:
    memory = free_memory()
    if memory is not None:
        low = memory < MEMORY
        cure = "close other programs: MNIST with its network takes 1 GB" if low else ""
        yield Check("memory", "warning" if low else "ok", f"{memory / 2**30:.1f} GiB free", cure)


def _terminal() -> Iterator[Check]:
    # not sys.stdout, which a live line replaces
    encoding = getattr(sys.__stdout__, "encoding", None) or "none"
    columns = shutil.get_terminal_size().columns
    told = f"{encoding}, {columns} columns"
    try:
        "✓─█学".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        yield Check("terminal", "warning", told, "set PYTHONUTF8=1, for all signs and Chinese")
        return
    if columns < NARROW:
        yield Check("terminal", "warning", told, f"widen it to {NARROW} columns")
    else:
        yield Check("terminal", "ok", told)


def _data(data_dir: Path | None) -> Iterator[Check]:
    """The data sets; whether the data directory and the current one can be written."""
    from ptnotes.datasets.inventory import listing
    from ptnotes.datasets.paths import named_directory

    sets: dict[str, str] = {}
    try:
        for event in listing(data_dir=data_dir):
            if isinstance(event, Result):
                sets = event.values["sets"]
    except (PtnotesError, OSError) as error:
        yield Check("data", "error", str(error), "name the data directory with --data-dir")
    for name, state in sets.items():
        if state in ("wrong", "incomplete"):
            cure = (
                "pip install --force-reinstall ptnotes"
                if name == "sample"
                else f"ptnotes data download {name}"
            )
            yield Check(f"data {name}", "error" if name == "sample" else "warning", state, cure)
        else:
            told = "is downloaded when it is first used" if state == "missing" else state
            yield Check(f"data {name}", "ok", told)
    directory = named_directory(data_dir) or Path("data")
    for what, place in (("data directory", directory), ("current directory", Path())):
        yield _writable(what, place)


def _writable(what: str, place: Path) -> Check:
    there = next(each for each in (place.absolute(), *place.absolute().parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        free = shutil.disk_usage(there).free
    except OSError as error:
        reason = f"{place.absolute()} can't be written: {error.strerror}"
        return Check(what, "warning", reason, "name another with --data-dir or --out")
    found = f"{place.absolute()}, {free / 2**30:.1f} GiB free"
    if free < FREE:
        return Check(what, "warning", found, "free some disk space")
    return Check(what, "ok", found)


def _mirrors() -> list[Check]:
    """Whether an address of each data set answers, all asked at once."""
    from ptnotes.datasets.download import offline
    from ptnotes.datasets.manifest import data_sets

    if offline():
        return [Check("mirrors", "warning", "PTNOTES_OFFLINE is set", "unset it to download")]
    sets = data_sets()
    with ThreadPoolExecutor(len(sets)) as pool:
        return list(pool.map(_mirror, sets, sets.values()))


def _mirror(name: str, data_set: "DataSet") -> Check:
    import requests

    from ptnotes.datasets.download import addresses

    for shown, address in addresses(data_set, data_set.files[0]).items():
        try:
            if requests.head(address, timeout=MIRROR_SECONDS, allow_redirects=True).ok:
                return Check(f"mirror {name}", "ok", shown)
        except requests.RequestException:
            continue
    cure = "see that the network is there, or copy the files: docs/data.md"
    return Check(f"mirror {name}", "warning", "none answers", cure)

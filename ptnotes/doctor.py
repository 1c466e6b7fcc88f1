"""Whether this machine can run the topics: each part looked at, with the cure where it can't.

torch is imported in a process of its own: it may be missing, broken, or end its process.
"""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from ptnotes.engine.runtime import usable_cores
from ptnotes.errors import PtnotesError
from ptnotes.events import Event, Header, Marked, Progress, Result, Table
from ptnotes.language import translate

Status = Literal["ok", "warning", "error"]
SIGNS = {"ok": ("✓", "good"), "warning": ("!", "warning"), "error": ("✗", "bad")}
LOWEST_PYTHON = (3, 11)
NEEDED = ("numpy", "pandas", "matplotlib", "PIL", "rich", "typer", "requests", "filelock")
OPTIONAL = {"scipy": "stats svhn needs it: pip install scipy"}
PROBE_SECONDS = 120
FREE = 2 << 30  # bytes; torch's own files aside, all data sets take 200 MB
MEMORY = 2 << 30
PROBE = """
import json, sys
found = {}
import torch
found["torch"] = torch.__version__
found["built for"] = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU"
found["threads"] = torch.get_num_threads()
found["devices"] = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
found["mps"] = torch.backends.mps.is_available()
torch.nn.Linear(2, 2)(torch.zeros(1, 2)).sum().backward()
print(json.dumps(found), flush=True)
import torchvision
found["torchvision"] = torchvision.__version__
torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
try:
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        files = {line.split()[-1] for line in maps if "omp" in line.split("/")[-1]}
    found["openmp"] = sorted(files)
except OSError:
    pass
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    what: str
    status: Status
    found: str
    cure: str = ""


def run(*, data_dir: Path | None, network: bool) -> Iterator[Event]:
    """A Table of all checks, then the Result: "checks", and the names of those that "failed"."""
    environment = {"python": platform.python_version(), "platform": platform.platform()}
    yield Header("doctor", {"network": network}, environment)
    yield Progress(None, 0, None, "checks")
    checks = [_python(), *_packages(), *_torch(), *_machine(), *_terminal(), *_data(data_dir)]
    if network:
        checks += _mirrors()
    rows = [(Marked(SIGNS[each.status]), each.what, _with_cure(each)) for each in checks]
    yield Table("This machine", ("", "part", "found"), rows)
    failed = [each.what for each in checks if each.status == "error"]
    yield Result({"checks": [vars(each) for each in checks], "failed": failed})


def _with_cure(check: Check) -> str:
    if not check.cure:
        return check.found
    role = SIGNS[check.status][1]
    return Marked((f"{translate(check.found)}\n", ""), (translate(check.cure), role))


def _python() -> Check:
    found = f"{platform.python_version()} ({sys.executable})"
    if sys.version_info < LOWEST_PYTHON:
        return Check("Python", "error", found, "install Python 3.11 or newer")
    return Check("Python", "ok", found)


def _packages() -> Iterator[Check]:
    missing = [name for name in NEEDED if not importlib.util.find_spec(name)]
    if missing:
        names = " ".join("pillow" if name == "PIL" else name for name in missing)
        yield Check("packages", "error", f"missing: {names}", f"pip install {names}")
    else:
        yield Check("packages", "ok", f"numpy {version('numpy')}, pandas {version('pandas')}")
    for name, cure in OPTIONAL.items():
        if not importlib.util.find_spec(name):
            yield Check(name, "warning", "not installed", cure)


def _torch() -> Iterator[Check]:
    """torch, torchvision and whether they fit, devices, OpenMP."""
    reinstall = "pip install --force-reinstall torch torchvision"
    found, failure = _probed()
    if "torch" not in found:
        yield Check("torch", "error", failure, reinstall)
        return
    threads = f"{found['threads']} threads of {usable_cores()} cores"
    yield Check("torch", "ok", f"{found['torch']} for {found['built for']}, {threads}")
    if "torchvision" not in found:
        yield Check("torchvision", "error", failure, reinstall)
    else:
        yield Check("torchvision", "ok", f"{found['torchvision']}, fits torch")
    devices = [*found["devices"], *(["MPS"] if found["mps"] else [])]
    yield Check("devices", "ok", ", ".join(["CPU", *devices]))
    runtimes = found.get("openmp", [])
    if len(runtimes) > 1:
        cure = "they can end the process or slow it down: install all packages with pip alone"
        yield Check("OpenMP", "warning", ", ".join(runtimes), cure)
    if os.environ.get("KMP_DUPLICATE_LIB_OK"):
        yield Check(
            "OpenMP", "warning", "KMP_DUPLICATE_LIB_OK is set", "unset it: results may be wrong"
        )


def _probed() -> tuple[dict[str, Any], str]:
    """What torch says of itself, as far as it came, and why no further."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROBE],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            errors="replace",
        )
    except subprocess.TimeoutExpired:
        return {}, f"the import takes more than {PROBE_SECONDS} seconds"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    if done.returncode == 0:
        return found, ""
    said = done.stderr.strip().splitlines()
    reason = said[-1] if said else f"the process ended with {done.returncode}"
    try:
        there = f"{version('torchvision' if 'torch' in found else 'torch')}: "
    except PackageNotFoundError:
        there = ""
    return found, f"{there}{reason}"


def _machine() -> Iterator[Check]:
    memory = _free_memory()
    if memory is not None:
        low = memory < MEMORY
        cure = "close other programs: MNIST with its network takes 1 GB" if low else ""
        yield Check("memory", "warning" if low else "ok", f"{memory / 2**30:.1f} GiB free", cure)


def _free_memory() -> int | None:
    """Bytes; None where the system doesn't say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            lines = dict(line.split(":", 1) for line in file)
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return None


def _terminal() -> Iterator[Check]:
    # not sys.stdout, which a live line replaces
    encoding = getattr(sys.__stdout__, "encoding", None) or "none"
    told = f"{encoding}, {shutil.get_terminal_size().columns} columns"
    try:
        "✓─█学".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        yield Check("terminal", "warning", told, "set PYTHONUTF8=1, for all signs and Chinese")
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


def _mirrors() -> Iterator[Check]:
    """Whether one mirror of each data set answers."""
    import requests

    from ptnotes.datasets.manifest import data_sets

    for name, data_set in data_sets().items():
        found = []
        for mirror in data_set.mirrors:
            try:
                requests.head(mirror, timeout=10, allow_redirects=True)
                found.append(mirror)
            except requests.RequestException:
                continue
        if found:
            yield Check(f"mirror {name}", "ok", found[0])
        else:
            cure = "see that the network is there, or copy the files: docs/data.md"
            yield Check(f"mirror {name}", "warning", "none answers", cure)

"""The packages, torch and torchvision: whether they are there, fit each other, and can be imported.

They are imported in a process of its own, ``probe``, for they may end it or hang.
"""

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from ptnotes.doctor.check import Check
from ptnotes.engine.runtime import usable_cores

NEEDED = ("numpy", "PIL", "pandas", "matplotlib", "rich", "typer", "requests", "filelock")
OPTIONAL = {  # what only some need, by the part of ptnotes that installs it
    "dicom": ("pydicom",),
    "hdf5": ("h5py",),
    "onnx": ("onnx", "onnxruntime"),
    "parquet": ("pyarrow",),
    "safetensors": ("safetensors",),
    "svhn": ("scipy",),
    "tensorboard": ("tensorboard",),
    "tiff": ("imagecodecs", "tifffile"),
    "video": ("av",),
    "zarr": ("zarr",),
}
PROBE_SECONDS = 120
PROBE = Path(__file__).with_name("probe.py")


def packages() -> Iterator[Check]:
    """Whether they are there, and new enough; whether they can be imported, ``imports`` says."""
    missing = [_package(name) for name in NEEDED if not importlib.util.find_spec(name)]
    old = _too_old()
    if missing:
        names = " ".join(missing)
        yield Check("packages", "error", f"missing: {names}", f"pip install {names}")
    if old:
        wanted = " ".join(f'"{each}"' for each in old)
        yield Check(
            "packages",
            "error",
            f"too old: {', '.join(old.values())}",
            f"pip install --upgrade {wanted}",
        )
    if not missing and not old:
        yield Check("packages", "ok", f"numpy {version('numpy')}, pandas {version('pandas')}")
    yield _optional()


def _optional() -> Check:
    """Nothing is wrong if one of them is missing."""
    there = {
        part: all(map(importlib.util.find_spec, modules)) for part, modules in OPTIONAL.items()
    }
    installed = ", ".join(part for part, found in there.items() if found) or "none"
    missing = [part for part, found in there.items() if not found]
    if not missing:
        return Check("optional parts", "ok", installed)
    return Check(
        "optional parts",
        "ok",
        f"{installed}; not installed: {', '.join(missing)}",
        f"pip install 'ptnotes[{','.join(missing)}]'",
    )


def _package(module: str) -> str:
    return "pillow" if module == "PIL" else module


def _too_old() -> dict[str, str]:
    """What ptnotes requires, such as "numpy>=2.0" → what is there instead."""
    try:
        required = requires("ptnotes") or []
    except PackageNotFoundError:  # run from a directory, not installed
        return {}
    old = {}
    for name, lowest in (each for text in required for each in _lowest(text)):
        try:
            found = version(name)
        except PackageNotFoundError:
            continue  # missing, which is said elsewhere
        if _numbers(found) < _numbers(lowest):
            old[f"{name}>={lowest}"] = f"{name} {found}"
    return old


def _lowest(requirement: str) -> list[tuple[str, str]]:
    """The text "numpy>=2.0" → [("numpy", "2.0")]; of an extra, []."""
    found = re.match(r"([\w.-]+)(?:\[.*?\])?\s*\(?>=([\d.]+)", requirement)
    return [(found[1], found[2])] if found and "extra ==" not in requirement else []


def _numbers(text: str) -> list[int]:
    return list(map(int, re.findall(r"\d+", text.partition("+")[0])[:3]))


def imports() -> Iterator[Check]:
    """The packages that can't be imported, torch, torchvision and whether they fit, devices,
    OpenMP.
    """
    found, failure = _probed()
    for name, reason in found.get("broken", {}).items():
        package = _package(name)
        yield Check(package, "error", reason, f"pip install --force-reinstall {package}")
    reached = found["next"]
    if "OMP: Error" in failure:
        cure = "install all packages with pip alone, in a new environment"
        yield Check("OpenMP", "error", failure, cure)
    elif failure and reached not in ("torch", "torchvision", "OpenMP"):
        package = _package(reached)
        yield Check(package, "error", failure, f"pip install --force-reinstall {package}")
    elif failure:
        yield Check(reached, "error", failure, _reinstall(failure))
    if "torch" in found:
        yield from _torch(found)
    if "torchvision" in found:
        yield _torchvision(found)
    yield from _openmp(found.get("openmp", []))


def _reinstall(failure: str) -> str:
    if "WinError 126" in failure or "WinError 1114" in failure:
        return "install Microsoft's Visual C++ Redistributable (x64)"
    return "pip install --force-reinstall torch torchvision"


def _torch(found: dict[str, Any]) -> Iterator[Check]:
    cores = usable_cores()
    told = f"{found['torch']} for {found['built for']}, {found['threads']} threads of {cores} cores"
    if found["threads"] > cores:
        cure = "they wait for each other: unset OMP_NUM_THREADS"
        yield Check("torch", "warning", told, cure)
    else:
        yield Check("torch", "ok", told)
    devices = [*found["devices"], *(["MPS"] if found["mps"] else [])]
    yield Check("devices", "ok", ", ".join(["CPU", *devices]))


def _torchvision(found: dict[str, Any]) -> Check:
    builds = [found[name].partition("+")[2] for name in ("torch", "torchvision")]
    if all(builds) and builds[0] != builds[1]:
        told = f"{found['torchvision']} is of another build than torch {found['torch']}"
        return Check("torchvision", "warning", told, _reinstall(""))
    return Check("torchvision", "ok", f"{found['torchvision']}, fits torch")


def _openmp(runtimes: list[str]) -> Iterator[Check]:
    if len(runtimes) > 1:
        cure = "they can end the process or slow it down: install all packages with pip alone"
        yield Check("OpenMP", "warning", ", ".join(runtimes), cure)
    if os.environ.get("KMP_DUPLICATE_LIB_OK"):
        yield Check(
            "OpenMP", "warning", "KMP_DUPLICATE_LIB_OK is set", "unset it: results may be wrong"
        )


def _probed() -> tuple[dict[str, Any], str]:
    """What the packages say of themselves, as far as it came, and why no further."""
    # -P: a torch.py in the current directory is no torch
    command = [sys.executable, "-P", str(PROBE), *NEEDED]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=PROBE_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        found = _last(error.stdout or b"")
        return found, f"the import takes more than {PROBE_SECONDS} seconds"
    found = _last(done.stdout)
    if not found["next"]:  # it came to its end
        return found, ""
    said = done.stderr.decode(errors="replace").strip().splitlines()
    reason = next((line for line in said if "OMP: Error" in line), said[-1] if said else "")
    if not reason or done.returncode < 0:
        reason = f"the process ended with {done.returncode} {reason}".rstrip()
    try:
        return found, f"{version(found['next'])}: {reason}"
    except (PackageNotFoundError, ValueError):
        return found, reason


def _last(output: bytes) -> dict[str, Any]:
    """The last whole line of the probe; a library may print too."""
    for line in reversed(output.decode(errors="replace").splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "next" in found:
            return found
    return {"next": "torch"}

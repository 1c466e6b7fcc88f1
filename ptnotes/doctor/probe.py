"""Imports what ptnotes needs, in a process of its own: ``python probe.py MODULE...``.

Any of it may be broken, end the process, or hang: after each part a line of JSON says what was
found so far, and what comes next.
"""

import importlib
import json
import re
import sys
from typing import Any

OPENMP = re.compile(r"(lib[gi]?omp|vcomp)[^/\\]*$")
WINDOWS_OPENMP = ("libiomp5md.dll", "libomp.dll", "libomp140.x86_64.dll", "vcomp140.dll")


def say(found: dict[str, Any], following: str) -> None:
    print(json.dumps(found | {"next": following}), flush=True)


def main(modules: list[str]) -> None:
    found: dict[str, Any] = {"broken": {}}
    for name in modules:
        say(found, name)
        try:
            importlib.import_module(name)
        except BaseException as error:
            found["broken"][name] = f"{type(error).__name__}: {error}"
    say(found, "torch")
    import torch

    found["torch"] = torch.__version__
    found["built for"] = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU"
    found["threads"] = torch.get_num_threads()
    found["devices"] = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    found["mps"] = torch.backends.mps.is_available()
    torch.nn.Linear(2, 2)(torch.zeros(1, 2)).sum().backward()
    say(found, "torchvision")
    import torchvision

    # an operator in C++: it is missing where torchvision was built for another torch
    torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)
    found["torchvision"] = torchvision.__version__
    say(found, "OpenMP")
    found["openmp"] = openmp_runtimes()
    say(found, "")


def openmp_runtimes() -> list[str]:
    """The files of the OpenMP runtimes that this process has loaded."""
    return sorted({file for file in loaded_files() if OPENMP.search(file)})


def loaded_files() -> list[str]:
    """The libraries in this process; on Windows, of the OpenMP runtimes' names alone."""
    import ctypes

    if sys.platform == "win32":
        handle = ctypes.windll.kernel32.GetModuleHandleW
        return [name for name in WINDOWS_OPENMP if handle(name)]
    if sys.platform == "darwin":
        system = ctypes.CDLL(None)
        name_of = system._dyld_get_image_name
        name_of.restype = ctypes.c_char_p
        return [name_of(index).decode() for index in range(system._dyld_image_count())]
    with open("/proc/self/maps", encoding="utf-8", errors="replace") as maps:
        return [line.rstrip("\n").split(maxsplit=5)[5] for line in maps if "/" in line]


if __name__ == "__main__":
    main(sys.argv[1:])

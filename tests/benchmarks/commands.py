"""Whole commands, start to exit: seconds and peak memory, beside importing torch and torchvision.

    PTNOTES_DATA=DIR python -m tests.benchmarks.commands --runs 3

``--sample`` gives the times of every topic on the data that ships with ptnotes.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time

from rich.console import Console
from rich.table import Table

IMPORT = [sys.executable, "-c", "import torch, torchvision"]
ARCHITECTURES = ("cnn", "mlp", "resnet", "inception")
OTHERS = ("names", "diabetes", "seq", "backward", "linreg", "logistic")
TUNED = [
    *(["mnist", "--arch", arch, "--recipe", "tuned"] for arch in ARCHITECTURES),
    *([topic, "--recipe", "tuned"] for topic in OTHERS),
    ["stats", "mnist"],
]
TOPICS = (
    *("backward", "linreg", "logistic", "diabetes", "losses", "tensors", "conv-demo"),
    *("mnist", "rnn-demo", "seq", "names"),
)


def run(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of a process; raises RuntimeError if it fails."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"exit code {process.returncode}: {' '.join(command)}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sample", action="store_true")
    arguments = parser.parse_args()
    chosen = [[topic, "--sample"] for topic in TOPICS] if arguments.sample else TUNED
    commands = {
        "import torch, torchvision": IMPORT,
        **{" ".join(command): [sys.executable, "-m", "ptnotes", *command] for command in chosen},
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(arguments.runs):
        for name, command in commands.items():
            measured[name].append(run(command))
    table = Table("command", "seconds", "peak MiB", title=f"Median (min-max) of {arguments.runs}")
    for name, figures in measured.items():
        seconds, memory = zip(*figures, strict=True)
        spread = f"{statistics.median(seconds):.1f} ({min(seconds):.1f}-{max(seconds):.1f})"
        table.add_row(name, spread, f"{max(memory):.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()

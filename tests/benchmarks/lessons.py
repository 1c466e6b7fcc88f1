"""What every experiment of the course takes, start to exit: the seconds of ``ptnotes topics``.

    PTNOTES_DATA=DIR python -m tests.benchmarks.lessons --runs 3 --json FILE

The notes' recipe with its defaults, the real data and the sample in turn. ``mnist`` and ``names``
take long: they train two epochs, and all the others are taken to last as long as the second. FILE
keeps what it holds from an earlier call, and the medians are of both.

The figures in ptnotes/topics are of 2026-11-25: torch 2.14.1, two x86-64 cores (AVX-512) of a
shared machine, n = 3.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ptnotes.topics import LESSONS, TRAINED

LONG = {"mnist": 10, "names": 100}  # the notes' epochs


def seconds_of(topic: str, options: tuple[str, ...]) -> float:
    """Of the whole command, or of one with two epochs and as many of the second as are missing."""
    recipe = ["--recipe", "notes"] if topic in TRAINED else []
    command = [sys.executable, "-m", "ptnotes", topic, *options, *recipe]
    if topic in LONG:
        command += ["--epochs", "2", "--json"]
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    if topic in LONG:
        second = json.loads(done.stdout)["history"][1]
        seconds += (LONG[topic] - 2) * (second["train_seconds"] + second["test_seconds"])
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if "PTNOTES_DATA" not in os.environ:
        parser.error("PTNOTES_DATA names no directory of the real data")
    kept = arguments.json and arguments.json.exists()
    measured: dict[str, list[float]] = json.loads(arguments.json.read_text()) if kept else {}
    for _ in range(arguments.runs):
        for topic, lesson in LESSONS.items():
            for command in lesson.commands:
                variants = [command.options]
                if command.sample_seconds is not None:
                    variants.append((*command.options, "--sample"))
                for options in variants:
                    name = " ".join((topic, *options))
                    measured.setdefault(name, []).append(seconds_of(topic, options))
    table = Table("command", "seconds", "n", title="Median (min-max)")
    for name, each in measured.items():
        spread = f"{statistics.median(each):.1f} ({min(each):.1f}-{max(each):.1f})"
        table.add_row(name, spread, str(len(each)))
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(measured, indent=1))


if __name__ == "__main__":
    main()

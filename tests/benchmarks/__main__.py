"""The notes' own loops beside ours, and ours beside a bare loop, epoch by epoch in turn.

    PTNOTES_DATA=DIR python -m tests.benchmarks --topics mlp cnn --epochs 5 --json FILE

Three processes a topic (the notes' one without our settings of the platform) take turns at
training an epoch of the notes' recipe, so that what disturbs the machine disturbs all of them.
Prints medians, and the ratios of each round.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

TOPICS = ("mlp", "cnn", "resnet", "inception", "names")
SIDES = ("notes", "lesson", "bare")
WARM_UP = "20"  # batches


class Side:
    """A worker, started and warmed up."""

    def __init__(self, side: str, topic: str, data_dir: str) -> None:
        environment = os.environ | ({"PTNOTES_PLATFORM": "plain"} if side == "notes" else {})
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.worker", side, topic, data_dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.train(WARM_UP)

    def train(self, batches: str = "all") -> float:
        """Seconds."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{batches}\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def measure(topic: str, epochs: int, data_dir: str) -> dict[str, list[float]]:
    """Seconds of each side's epochs."""
    sides = {side: Side(side, topic, data_dir) for side in SIDES}
    seconds: dict[str, list[float]] = {side: [] for side in SIDES}
    for _ in range(epochs):
        for side, worker in sides.items():
            seconds[side].append(worker.train())
    for worker in sides.values():
        worker.stop()
    return seconds


def ratios(above: list[float], below: list[float]) -> list[float]:
    return [a / b for a, b in zip(above, below, strict=True)]


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=TOPICS)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data_dir = os.environ.get("PTNOTES_DATA", "data")

    cores = os.cpu_count()
    machine = f"torch {version('torch')}, {cores} cores, {platform.machine()}"
    table = Table(
        "topic",
        "notes' epoch, s",
        "ours, s",
        "notes' / ours",
        "ours / bare",
        title=f"Training epochs, median (min-max) of {arguments.epochs}; {machine}",
    )
    results: dict[str, Any] = {}
    for topic in arguments.topics:
        seconds = measure(topic, arguments.epochs, data_dir)
        faster = ratios(seconds["notes"], seconds["lesson"])
        overhead = ratios(seconds["lesson"], seconds["bare"])
        results[topic] = {
            "seconds": seconds,
            "notes_over_lesson": statistics.median(faster),
            "lesson_over_bare": statistics.median(overhead),
        }
        table.add_row(
            topic,
            spread(seconds["notes"]),
            spread(seconds["lesson"]),
            spread(faster),
            spread(overhead),
        )
        Console(stderr=True).print(f"{topic}: notes' / ours {spread(faster)}")
    Console().print(table)
    if arguments.json:
        document = {"torch": version("torch"), "cores": cores, "epochs": arguments.epochs}
        arguments.json.write_text(json.dumps(document | {"topics": results}, indent=1))


if __name__ == "__main__":
    main()

"""The notes' own loops beside ours, and ours beside a bare loop, epoch by epoch in turn.

    PTNOTES_DATA=DIR python -m tests.benchmarks --topics mlp cnn --epochs 5 --json FILE

Three processes a topic (the notes' one without our settings of the platform) take turns at
training an epoch of the notes' recipe, so that what disturbs the machine disturbs all of them.
A ratio is that of a round's two epochs.
"""

import argparse
import os
import subprocess
import sys

from tests.benchmarks.report import Row, add_json, report

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


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=TOPICS)
    parser.add_argument("--epochs", type=int, default=5)
    add_json(parser)
    arguments = parser.parse_args()
    data_dir = os.environ.get("PTNOTES_DATA", "data")
    rows: list[Row] = []
    for topic in arguments.topics:
        seconds = measure(topic, arguments.epochs, data_dir)
        row: Row = {
            "training epoch": topic,
            "notes', s": seconds["notes"],
            "ours, s": seconds["lesson"],
            "notes' / ours": ratios(seconds["notes"], seconds["lesson"]),
            "ours / bare loop": ratios(seconds["lesson"], seconds["bare"]),
        }
        rows.append(row)
        report(rows, arguments.json)


if __name__ == "__main__":
    main()

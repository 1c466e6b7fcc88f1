"""The tuned recipes: a training per seed, and before each an epoch of the notes' own loop.

    PTNOTES_DATA=DIR python -m tests.benchmarks.tuned --topics cnn --seeds 10 --json FILE

How many of the notes' epochs a training takes is the ratio of each pair.
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

from tests.benchmarks.__main__ import TOPICS, Side, ratios
from tests.benchmarks.report import PERCENT, Row, add_json, report


def train(topic: str, seed: int) -> dict[str, Any]:
    """What ``ptnotes … --json`` says of a training in a process of its own."""
    command = ["names"] if topic == "names" else ["mnist", "--arch", topic]
    options = ["--recipe", "tuned", "--seed", str(seed), "--json", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "ptnotes", *command, *options], stdout=subprocess.PIPE, check=True
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=TOPICS)
    parser.add_argument("--seeds", type=int, default=5)
    add_json(parser)
    arguments = parser.parse_args()
    data_dir = os.environ.get("PTNOTES_DATA", "data")
    rows: list[Row] = []
    for topic in arguments.topics:
        notes = Side("notes", topic, data_dir)
        epochs, trainings = [], []
        for seed in range(arguments.seeds):
            epochs.append(notes.train())
            trainings.append(train(topic, seed))
        notes.stop()
        results = [training["result"] for training in trainings]
        seconds = [result["train_seconds"] for result in results]
        row: Row = {
            "tuned recipe": f"{topic}, {len(trainings[0]['history'])} epochs",
            "training, s": seconds,
            "in epochs of the notes' loop": ratios(seconds, epochs),
            f"test accuracy, {PERCENT}": [100 * result["test_accuracy"] for result in results],
        }
        rows.append(row)
        report(rows, arguments.json)


if __name__ == "__main__":
    main()

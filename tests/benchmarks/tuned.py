"""The tuned recipes: a training per seed, and before each an epoch of the notes' own loop.

    PTNOTES_DATA=DIR python -m tests.benchmarks.tuned --topics cnn --seeds 10 --json FILE

Prints test accuracy, training seconds, and how many of the notes' epochs that is: the ratio of
each pair.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.__main__ import TOPICS, Side, ratios, spread


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
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    data_dir = os.environ.get("PTNOTES_DATA", "data")
    table = Table("topic", "test accuracy, %", "training, s", "notes' epochs")
    found: dict[str, Any] = {}
    for topic in arguments.topics:
        notes = Side("notes", topic, data_dir)
        epochs, trainings = [], []
        for seed in range(arguments.seeds):
            epochs.append(notes.train())
            trainings.append(train(topic, seed))
        notes.stop()
        results = [training["result"] for training in trainings]
        seconds = [result["train_seconds"] for result in results]
        accuracies = [100 * result["test_accuracy"] for result in results]
        deviation = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
        table.add_row(
            f"{topic}, {len(trainings[0]['history'])} epochs, n = {arguments.seeds}",
            f"{statistics.mean(accuracies):.2f} ± {deviation:.2f}",
            spread(seconds),
            spread(ratios(seconds, epochs)),
        )
        found[topic] = {"notes_epochs": epochs, "config": trainings[0]["config"], "runs": results}
        Console(stderr=True).print(f"{topic}: {spread(ratios(seconds, epochs))} notes' epochs")
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

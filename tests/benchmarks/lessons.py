"""What every experiment of the course takes, start to exit: the seconds of ``ptnotes topics``.

    PTNOTES_DATA=DIR python -m tests.benchmarks.lessons --runs 3 --json FILE

The notes' recipe with its defaults, the real data and the sample in turn. ``mnist`` and ``names``
take long: they train two epochs, and all the others are taken to last as long as the second. The
figures in ptnotes/topics are the medians in docs/measured/lessons.json.
"""

import argparse
import json
import os
import subprocess
import sys
import time

from ptnotes.topics import LESSONS, TRAINED
from tests.benchmarks.report import Row, add_json, report

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
    add_json(parser)
    arguments = parser.parse_args()
    if "PTNOTES_DATA" not in os.environ:
        parser.error("PTNOTES_DATA names no directory of the real data")
    measured: dict[str, dict[str, list[float]]] = {}
    for _ in range(arguments.runs):
        for topic, lesson in LESSONS.items():
            for command in lesson.commands:
                row = measured.setdefault(" ".join((topic, *command.options)), {})
                full = seconds_of(topic, command.options)
                row.setdefault("full, s", []).append(full)
                if command.sample_seconds is not None:
                    sample = seconds_of(topic, (*command.options, "--sample"))
                    row.setdefault("`--sample`, s", []).append(sample)
    rows: list[Row] = [{"command": f"`{name}`"} | row for name, row in measured.items()]
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

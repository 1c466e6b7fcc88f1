"""Two processes of one thread under torchrun beside one process of two threads, in turn.

    PTNOTES_DATA=DIR python -m tests.benchmarks.processes --rounds 5

Epochs of the notes' recipe, after a first one: the seconds of training. ``stats`` of JPEGs like
photographs: start to exit, beside ``--workers 2``.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from tests.benchmarks.__main__ import ratios
from tests.benchmarks.report import Row, add_json, report
from tests.benchmarks.stats import DISTINCT, photograph, seconds

ONE = [sys.executable, "-m", "ptnotes"]
TWO = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "ptnotes"]
EPOCHS = 3

Measure = Callable[[], list[float]]  # seconds


def epochs_of(topic: str, command: list[str], threads: int) -> list[float]:
    options = ["--recipe", "notes", "--epochs", str(1 + EPOCHS), "--threads", str(threads)]
    arguments = [*command, topic, *options, "--json", "--quiet"]
    done = subprocess.run(arguments, capture_output=True, check=True)
    return [row["train_seconds"] for row in json.loads(done.stdout)["history"][1:]]


def whole(command: list[str]) -> list[float]:
    return [seconds(partial(subprocess.run, command, capture_output=True, check=True))]


def compared(what: str, one: Measure, two: Measure, rounds: int) -> Row:
    pairs = [(one(), two()) for _ in range(rounds)]
    ones = [value for first, _ in pairs for value in first]
    twos = [value for _, second in pairs for value in second]
    return {"": what, "one process, s": ones, "two, s": twos, "two / one": ratios(twos, ones)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, nargs="+", default=[4_000, 40_000])
    add_json(parser)
    arguments = parser.parse_args()
    rows = [
        compared(
            f"an epoch of {name}",
            partial(epochs_of, topic, ONE, threads=2),
            partial(epochs_of, topic, TWO, threads=1),
            arguments.rounds,
        )
        for name, topic in (("cnn", "mnist"), ("names", "names"))
    ]
    rng = np.random.default_rng(0)
    photographs = [photograph(rng) for _ in range(DISTINCT)]
    with tempfile.TemporaryDirectory() as directory:
        for index in range(max(arguments.images)):
            path = Path(directory, f"{index:06}.jpg")
            path.write_bytes(photographs[index % DISTINCT])
            if index + 1 in arguments.images:
                stats = ["stats", directory, "--json"]
                what = f"`stats` of {index + 1:,} JPEGs, start to exit"
                one = partial(whole, [*ONE, *stats, "--workers", "2"])
                rows.append(compared(what, one, partial(whole, [*TWO, *stats]), arguments.rounds))
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

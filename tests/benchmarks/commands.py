"""Whole commands, start to exit: seconds and peak memory, beside importing torch alone.

    PTNOTES_DATA=DIR python -m tests.benchmarks.commands --runs 3

``--of sample``: every topic on the data that ships with ptnotes; ``--of short``: the commands that
train little or nothing.
"""

import argparse
import os
import subprocess
import sys
import time

from tests.benchmarks.__main__ import ratios
from tests.benchmarks.report import Row, add_json, report

IMPORT = [sys.executable, "-c", "import torch"]
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


SHORT = [
    ["linreg", "--recipe", "tuned"],
    ["seq", "--recipe", "tuned"],
    ["stats", "mnist"],
    ["topics"],
    ["doctor"],
    ["--help"],
]
SETS = {"tuned": TUNED, "sample": [[topic, "--sample"] for topic in TOPICS], "short": SHORT}


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
    parser.add_argument("--of", choices=SETS, default="tuned")
    add_json(parser)
    arguments = parser.parse_args()
    commands = {
        "`import torch`": IMPORT,
        **{
            f"`{' '.join(command)}`": [sys.executable, "-m", "ptnotes", *command]
            for command in SETS[arguments.of]
        },
    }
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(arguments.runs):
        for name, command in commands.items():
            measured[name].append(run(command))
    rows: list[Row] = []
    alone = [seconds for seconds, _ in measured["`import torch`"]]
    for name, figures in measured.items():
        seconds, memory = (list(each) for each in zip(*figures, strict=True))
        row: Row = {
            "command": name,
            "start to exit, s": seconds,
            "times `import torch`": ratios(seconds, alone),
            "peak memory, MiB": memory,
        }
        rows.append(row)
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

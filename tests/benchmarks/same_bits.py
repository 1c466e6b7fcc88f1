"""Whether an epoch has the same bits on several threads and processes as on one.

    PTNOTES_DATA=DIR python -m tests.benchmarks.same_bits

model.pt and the history, times aside, are compared byte for byte; of diabetes after 20 epochs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ptnotes.models.mnist import MODELS
from tests.benchmarks.report import Row, add_json, report
from tests.runs.test_torchrun import bits

ONE = [sys.executable, "-m", "ptnotes"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]
LAYOUTS = {  # how a run is started, its threads
    "2 threads": (ONE, "2"),
    **{f"{n} processes": ([*TORCHRUN, str(n), "-m", "ptnotes"], "1") for n in (2, 3, 4)},
}
TOPICS = {
    **{arch: ["mnist", "--arch", arch, "--epochs", "1"] for arch in MODELS},
    "names": ["names", "--epochs", "1"],
    "diabetes": ["diabetes", "--epochs", "20"],
}


def left_by(command: list[str], threads: str, topic: list[str], out: Path) -> object:
    """The history and the weights that a run leaves, times aside."""
    arguments = [*command, *topic, "--threads", threads, "--out", str(out), "--force", "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(arguments, check=True, capture_output=True, env=environment)
    return bits(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--of", choices=TOPICS, nargs="+", default=list(TOPICS))
    add_json(parser)
    arguments = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as directory:
        for recipe in ("notes", "tuned"):
            for name in arguments.of:
                topic, out = [*TOPICS[name], "--recipe", recipe], Path(directory, "run")
                expected = left_by(ONE, "1", topic, out)
                row: Row = {"run": name, "recipe": recipe}
                for layout, how in LAYOUTS.items():
                    same = left_by(*how, topic, out) == expected
                    row[layout] = "equal" if same else "differs"
                rows.append(row)
                print(*row.values(), file=sys.stderr)
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

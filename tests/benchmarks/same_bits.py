"""Whether an epoch has the same bits on several threads and processes as on one.

    PTNOTES_DATA=DIR python -m tests.benchmarks.same_bits

The SHA-256 of model.pt and the history, times aside, are compared; of diabetes after 20 epochs.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from ptnotes.models.mnist import MODELS
from tests.benchmarks.report import Row, add_json, report

ONE = [sys.executable, "-m", "ptnotes"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node"]
LAYOUTS = {
    "2 threads": [*ONE, "--threads", "2"],
    **{f"{n} processes": [*TORCHRUN, str(n), "-m", "ptnotes", "--threads", "1"] for n in (2, 3, 4)},
}
TOPICS = {
    **{arch: ["mnist", "--arch", arch, "--epochs", "1"] for arch in MODELS},
    "names": ["names", "--epochs", "1"],
    "diabetes": ["diabetes", "--epochs", "20"],
}


def digest(command: list[str], topic: list[str], out: Path) -> str:
    """Of what a run left; ``command`` begins with how it is started, and ends with its threads."""
    launcher, threads = command[:-2], command[-2:]
    arguments = [*launcher, *topic, *threads, "--out", str(out), "--force", "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    subprocess.run(arguments, check=True, capture_output=True, env=environment)
    history = json.loads((out / "run.json").read_text(encoding="utf-8"))["history"]
    rows = [{k: v for k, v in row.items() if not k.endswith("seconds")} for row in history]
    content = (out / "model.pt").read_bytes() + json.dumps(rows).encode()
    return hashlib.sha256(content).hexdigest()


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
                expected = digest([*ONE, "--threads", "1"], topic, out)
                row: Row = {"run": name, "recipe": recipe}
                for layout, command in LAYOUTS.items():
                    same = digest(command, topic, out) == expected
                    row[layout] = "equal" if same else "differs"
                rows.append(row)
                print(*row.values(), file=sys.stderr)
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

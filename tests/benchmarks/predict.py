"""``ptnotes predict`` with every surname of the training set, from a file to a file.

    PTNOTES_DATA=DIR python -m tests.benchmarks.predict --repeats 3

In one process, after the imports; the network is one epoch of the sample's.
"""

import argparse
import os
import tempfile
import time
from pathlib import Path

from typer.testing import CliRunner

from ptnotes.cli import app
from ptnotes.datasets.tables import read_table
from tests.benchmarks.report import add_json, report


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=3)
    add_json(parser)
    arguments = parser.parse_args()
    path = Path(os.environ["PTNOTES_DATA"], "names_train.csv.gz")
    names = read_table(path, ["name", "country"])["name"]
    text = "\n".join(names)
    runner, rates = CliRunner(), []
    with tempfile.TemporaryDirectory() as directory:
        command = ["names", "--sample", "--epochs", "1", "--out", directory]
        assert runner.invoke(app, command).exit_code == 0
        for _ in range(1 + arguments.repeats):
            started = time.process_time()
            done = runner.invoke(app, ["predict", directory], input=text)
            rates.append(len(names) / (time.process_time() - started))
            assert done.exit_code == 0
    del rates[0]  # it imports
    title = f"of {len(names):,} names, in a second of CPU time"
    report([{"predicted": title, "names": rates}], arguments.json)


if __name__ == "__main__":
    main()

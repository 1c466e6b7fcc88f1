"""How like the real data the sample is: trained on the one, judged on the other.

PTNOTES_DATA=DIR python -m tests.benchmarks.sample --seeds 5
"""

import argparse
import os
import statistics
from pathlib import Path

import torch

import ptnotes
from ptnotes.datasets import mnist, paths
from ptnotes.datasets.tables import read_table
from ptnotes.predict.images import preparation
from tests.benchmarks.report import PERCENT, Row, add_json, report

FILES, COLUMNS = ("names_train.csv.gz", "names_test.csv.gz"), ["name", "country"]
REAL = Path(os.environ.get("PTNOTES_DATA", ""))


def digits(seed: int) -> float:
    """The accuracy on MNIST's test images, in percent, of the cnn trained on the sample's."""
    options = {"recipe": "tuned", "epochs": 12, "lr": 0.1, "shift": 0}
    run = ptnotes.train("mnist", arch="cnn", data="sample", seed=seed, quiet=True, **options)
    images, labels = mnist.read(REAL, "t10k", "mnist")
    _, mean, std = preparation(run.config)
    pixels = mnist.normalize(images, mean, std, torch.device("cpu"))
    with torch.inference_mode():
        return 100 * run.model(pixels).argmax(1).eq(labels).double().mean().item()


def surnames(seed: int) -> tuple[float, float]:
    """The accuracies of the network trained on the real names, in percent: on the sample's names,
    on those that it wasn't trained on.
    """
    run = ptnotes.train("names", recipe="tuned", data_dir=REAL, seed=seed, quiet=True)
    known = {*read_table(REAL / "names_train.csv.gz", COLUMNS)["name"]}
    tables = [read_table(paths.sample_directory() / file, COLUMNS) for file in FILES]
    rows = [row for table in tables for row in zip(table["name"], table["country"], strict=True)]
    found = run.predict([name for name, _ in rows])["prediction"]
    right = [guess == country for guess, (_, country) in zip(found, rows, strict=True)]
    new = [hit for hit, (name, _) in zip(right, rows, strict=True) if name not in known]
    return 100 * statistics.mean(right), 100 * statistics.mean(new)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    add_json(parser)
    arguments = parser.parse_args()
    seeds = range(arguments.seeds)
    read = [digits(seed) for seed in seeds]
    every, new = zip(*map(surnames, seeds), strict=True)
    rows: list[Row] = [
        {"trained on": trained, "judged on": judged, f"accuracy, {PERCENT}": list(values)}
        for trained, judged, values in (
            ("the sample's digits", "MNIST's test images", read),
            ("the real names", "all names of the sample", every),
            ("the real names", "those that aren't among them", new),
        )
    ]
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

"""What choosing an epoch costs and gives: the epoch that validation data chooses, the last one, and
the one that is best on the test set, whose accuracy there is what choosing by it would claim.

    PTNOTES_DATA=DIR python -m tests.benchmarks.validation --topics cnn --seeds 5 --json FILE

The notes' recipes with a tenth of the training data held out; diabetes is tuned, with a fifth.
"""

import argparse
import os
from pathlib import Path
from typing import Any

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

import ptnotes  # noqa: E402
from ptnotes.datasets import diabetes, mnist, names  # noqa: E402
from ptnotes.engine.device import seed_streams  # noqa: E402
from ptnotes.events import EpochRow, Header, Result, Snapshot  # noqa: E402
from ptnotes.topics import diabetes as lesson_of_diabetes  # noqa: E402
from ptnotes.topics import module  # noqa: E402
from tests.benchmarks.report import PERCENT, Row, add_json, report  # noqa: E402

TOPICS: dict[str, dict[str, Any]] = {
    "diabetes": {"recipe": "tuned", "validation": 0.2},
    "cnn": {"arch": "cnn", "validation": 0.1},
    "names": {"validation": 0.1},
    "resnet": {"arch": "resnet", "validation": 0.1},
}
BATCH_SIZE = 1000


def test_set(topic: str, config: dict[str, Any], data_dir: Path) -> tuple[list[Tensor], Tensor]:
    """What a network takes of the test set, and its labels."""
    if topic == "mnist":
        images, labels = mnist.read(data_dir, "t10k", "mnist")
        device = torch.device("cpu")
        return [mnist.normalize(images, config["mean"], config["std"], device)], labels
    if topic == "names":
        _, found, _ = names.read(data_dir)
        longest_first = found.lengths.argsort(descending=True)
        ordered = found.at(longest_first)
        return [ordered.codes, ordered.lengths], ordered.labels
    x, y = diabetes.read(data_dir)
    streams = seed_streams(config["seed"])
    _, (test_x, test_y) = lesson_of_diabetes.split(x, y, config["hold_out"], streams.split)
    return [test_x], test_y.flatten().long()


@torch.inference_mode()
def accuracy(network: torch.nn.Module, inputs: list[Tensor], labels: Tensor) -> float:
    network.eval()
    right = 0
    for *batch, wanted in zip(
        *(each.split(BATCH_SIZE) for each in inputs), labels.split(BATCH_SIZE), strict=True
    ):
        outputs = network(*batch)
        guesses = outputs.argmax(dim=1) if outputs.shape[1] > 1 else outputs.flatten() >= 0.5
        right += int((guesses == wanted).sum())
    return right / len(labels)


def train(name: str, seed: int, data_dir: Path) -> dict[str, Any]:
    topic = "mnist" if "arch" in TOPICS[name] else name
    on_test, result = [], {}
    options = TOPICS[name] | {"seed": seed, "data_dir": data_dir, "threads": 1, "save_best": True}
    for event in ptnotes.events(topic, **options):
        match event:
            case Header():
                network = module(topic).build_model(event.config, event.classes)
                inputs, labels = test_set(topic, event.config, data_dir)
            case Snapshot() if event.state()["epoch"]:
                network.load_state_dict(event.state()["model"])
                on_test.append(accuracy(network, inputs, labels))
            case EpochRow():
                print(".", end="", flush=True)
            case Result():
                result = event.values
    print()
    assert on_test[result["best_epoch"] - 1] == result["test_accuracy"]
    return {
        "seed": seed,
        "chosen": result["test_accuracy"],
        "chosen_epoch": result["best_epoch"],
        "val_accuracy": result["val_accuracy"],
        "last": on_test[-1],
        "best_on_test": max(on_test),
        "best_on_test_epoch": on_test.index(max(on_test)) + 1,
    }


COLUMNS = {
    "chosen": "chosen",
    "last": "last",
    "best_on_test": "best on the test set",
    "val_accuracy": "validation accuracy of the chosen",
}


def row(name: str, runs: list[dict[str, Any]]) -> Row:
    epochs = [run["chosen_epoch"] for run in runs]
    accuracies = {
        f"{title}, {PERCENT}": [100 * run[column] for run in runs]
        for column, title in COLUMNS.items()
    }
    return {"run": name} | accuracies | {"epochs chosen": f"{min(epochs)}–{max(epochs)}"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--topics", nargs="+", choices=TOPICS, default=[*TOPICS])
    parser.add_argument("--seeds", type=int, default=5)
    add_json(parser)
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name in arguments.topics:
        runs = [
            train(name, seed, Path(os.environ["PTNOTES_DATA"])) for seed in range(arguments.seeds)
        ]
        rows.append(row(name, runs))
        report(rows, arguments.json)


if __name__ == "__main__":
    main()

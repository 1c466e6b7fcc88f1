"""The learning rates that ``ptnotes lr-find`` suggests, and those of two other rules.

    PTNOTES_DATA=DIR python -m tests.benchmarks.lr_find --seeds 3

All rules read the same curves: of the notes' recipes on the real data, on one thread.
"""

import argparse
import os
from itertools import pairwise
from typing import Any

from ptnotes import lr_find
from ptnotes.events import Result
from tests.benchmarks.report import Row, add_json, report

ARCHITECTURES = ("mlp", "cnn", "inception", "resnet")
TOPICS: dict[str, dict[str, Any]] = {
    **{arch: {"arch": arch} for arch in ARCHITECTURES},
    "names": {},
    "linreg": {},
}


def steepest(rates: list[float], losses: list[float]) -> float:
    """The rate at which the smoothed loss falls most from one update to the next, up to its lowest
    (when training diverges it can fall further from higher up).
    """
    lowest = losses.index(min(losses))
    falls = [after - before for before, after in pairwise(losses[: lowest + 1])]
    return rates[falls.index(min(falls))]


def valley(rates: list[float], losses: list[float]) -> float:
    """The rate halfway along the longest decreasing subsequence of the losses, as fastai's valley
    takes it.
    """
    lengths: list[int] = []  # of the longest one that ends at each loss
    for loss in losses:
        before = zip(losses, lengths, strict=False)
        lengths.append(1 + max((length for above, length in before if above > loss), default=0))
    longest = max(lengths)
    return rates[lengths.index(longest) - longest // 2]


def suggested(name: str, seed: int) -> list[float]:
    """A tenth of the lowest loss's rate, that of half the fall, the suggestion, two other rules."""
    topic = "mnist" if name in ARCHITECTURES else name
    given = {**TOPICS[name], "recipe": "notes", "seed": seed, "threads": 1}
    if topic != "linreg":
        given["data_dir"] = os.environ["PTNOTES_DATA"]
    rates, losses = [], []
    for event in lr_find.run(topic, given):
        if isinstance(event, lr_find.RateRow):
            rates.append(event.lr)
            losses.append(event.smoothed_loss)
        elif isinstance(event, Result):
            found = event.values
    every = [
        found["lowest_loss_lr"] / lr_find.BELOW,
        found["half_fallen_lr"],
        found["suggestion"],
        steepest(rates, losses),
        valley(rates, losses),
    ]
    return [float(f"{rate:.2g}") for rate in every]  # as the suggestion is rounded


RULES = (
    "a tenth of the lowest's",
    "half of the fall",
    "suggestion",
    "steepest fall",
    "longest valley (as fastai)",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    add_json(parser)
    arguments = parser.parse_args()
    rows: list[Row] = []
    for name in TOPICS:
        found = [suggested(name, seed) for seed in range(arguments.seeds)]
        columns = zip(RULES, zip(*found, strict=True), strict=True)
        rows.append({"lr": name} | {rule: list(rates) for rule, rates in columns})
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

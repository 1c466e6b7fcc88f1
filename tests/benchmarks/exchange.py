"""What an exchange of two processes' gradients takes, waiting included, in three ways, in turn.

    OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m tests.benchmarks.exchange

Before each exchange both compute for as long as a step of the cnn does: a process that slept takes
longer to wake than one that exchanges all the time.
"""

import argparse
import time
from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor

from ptnotes.engine import distributed
from tests.benchmarks.report import Row, add_json, report

SIZES = {"cnn": 8_490, "resnet": 41_514, "names": 318_818}  # parameters
COMPUTED_SECONDS = 0.003


def broadcast(own: Tensor) -> None:
    """As between machines."""
    sockets, distributed._sockets = distributed._sockets, {}
    try:
        distributed.all_gather(own)
    finally:
        distributed._sockets = sockets


def all_gather(own: Tensor) -> None:
    dist.all_gather([torch.empty_like(own) for _ in range(dist.get_world_size())], own)


WAYS: dict[str, Callable[[Tensor], object]] = {
    "sockets, ms": distributed.all_gather,
    "broadcasts, ms": broadcast,
    "all-gather, ms": all_gather,
}


def milliseconds(way: str, floats: int, repeats: int) -> float:
    """The mean of the repeats."""
    own, matrix, waited = torch.rand(floats), torch.rand(128, 128), 0.0
    for _ in range(repeats):
        end = time.perf_counter() + COMPUTED_SECONDS
        while time.perf_counter() < end:
            matrix @ matrix
        start = time.perf_counter()
        WAYS[way](own)
        waited += time.perf_counter() - start
    return waited / repeats * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--repeats", type=int, default=200)
    add_json(parser)
    arguments = parser.parse_args()
    rows: list[Row] = []
    with distributed.joined():
        for name, floats in SIZES.items():
            found: dict[str, list[float]] = {way: [] for way in WAYS}
            for _ in range(arguments.rounds):
                for way, values in found.items():
                    values.append(milliseconds(way, floats, arguments.repeats))
            rows.append({"": f"{name}, {floats:,} floats", **found})
    if distributed.is_rank_zero():
        report(rows, arguments.json)


if __name__ == "__main__":
    main()

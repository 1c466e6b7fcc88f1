"""One side of a benchmark in a process of its own: trains an epoch for every line it reads.

    python -m tests.benchmarks.worker notes|engine|bare TOPIC DATA_DIR

A line is the number of batches, or "all"; the answer is the seconds that they took.
"""

import sys
import time
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()  # PTNOTES_PLATFORM=plain keeps it from doing anything

import torch  # noqa: E402

from tests.benchmarks import notes, ours  # noqa: E402


def main() -> None:
    side, topic, data_dir = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    torch.manual_seed(0)
    module = notes if side == "notes" else ours
    prepare = module.names if topic == "names" else module.mnist
    prepared = prepare(topic, data_dir)
    epoch = prepared if side == "notes" else getattr(ours, side)(prepared)
    for line in sys.stdin:
        started = time.perf_counter()
        epoch(None if line.strip() == "all" else int(line))
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    main()

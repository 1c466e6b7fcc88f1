"""One side of a benchmark in a process of its own: trains an epoch for every line it reads.

    python -m tests.benchmarks.worker notes|lesson|bare TOPIC DATA_DIR

A line is the number of batches, or "all"; the answer is the seconds that they took.
"""

import sys
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()  # PTNOTES_PLATFORM=plain keeps it from doing anything

import torch  # noqa: E402

from tests.benchmarks import notes, ours  # noqa: E402


def main() -> None:
    side, topic, data_dir = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    torch.manual_seed(0)
    prepare = {"notes": notes.epoch_of, "lesson": ours.lesson, "bare": ours.bare}[side]
    epoch = prepare(topic, data_dir)
    for line in sys.stdin:
        print(epoch(None if line.strip() == "all" else int(line)), flush=True)


if __name__ == "__main__":
    main()

"""What --out costs an epoch of a topic: seconds spent saving, beside those of training and testing.

    PTNOTES_DATA=DIR python -m tests.benchmarks.saving --epochs 10 --threads 1

The pictures are drawn at the end.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

from ptnotes.events import EpochRow, Event, Result, Snapshot  # noqa: E402
from ptnotes.runs.writer import record_run  # noqa: E402
from ptnotes.topics import mnist  # noqa: E402
from tests.benchmarks.report import add_json, report  # noqa: E402


def timed(events: Iterable[Event], seconds: list[float]) -> Iterator[Event]:
    """Pass events on, and note how long each Snapshot and the Result take."""
    for event in events:
        started = time.perf_counter()
        yield event
        if isinstance(event, Snapshot | Result):
            seconds.append(time.perf_counter() - started)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--arch", choices=mnist.MODELS, default="cnn")
    parser.add_argument("--threads", type=int)
    add_json(parser)
    arguments = parser.parse_args()
    recipe = replace(mnist.RECIPES["notes"][arguments.arch], epochs=arguments.epochs)
    data_dir = Path(os.environ["PTNOTES_DATA"])
    events = mnist.run(recipe, device="cpu", threads=arguments.threads, data_dir=data_dir)
    saving: list[float] = []
    epochs: list[float] = []
    with tempfile.TemporaryDirectory() as directory:
        for event in record_run(timed(events, saving), Path(directory)):
            if isinstance(event, EpochRow):
                epochs.append(event.train_seconds + (event.test_seconds or 0))
    _, *after_epochs, at_the_end = saving
    shares = [100 * each / epoch for each, epoch in zip(after_epochs, epochs, strict=True)]
    milliseconds = [1000 * each for each in after_epochs]
    report(
        [
            {"": "an epoch, s", "measured": epochs},
            {"": "saving it, ms", "measured": milliseconds},
            {"": "its share of the epoch, %", "measured": shares},
            {"": "at the end, with two pictures, s", "measured": [at_the_end]},
        ],
        arguments.json,
    )


if __name__ == "__main__":
    main()

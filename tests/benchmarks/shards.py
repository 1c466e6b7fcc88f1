"""A training step with K shards: milliseconds on two threads and on one, K by K in turn.

    PTNOTES_DATA=DIR python -m tests.benchmarks.shards --rounds 7

Forward, backward and update of one batch of the notes' recipe, without a DataLoader.
"""

import argparse
import os
import time
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

import torch  # noqa: E402
from torch import nn  # noqa: E402

from ptnotes.datasets import names  # noqa: E402
from ptnotes.engine.loading import PaddedSequences, make_loader  # noqa: E402
from ptnotes.engine.shards import Shards  # noqa: E402
from ptnotes.models.mnist import MODELS  # noqa: E402
from ptnotes.topics.names import RNNClassifier  # noqa: E402
from tests.benchmarks.report import Row, add_json, report  # noqa: E402

STEPS = 30
COUNTS = (1, 2, 4, 8)


def prepared(
    topic: str, data_dir: Path
) -> tuple[nn.Module, torch.optim.Optimizer, list[torch.Tensor]]:
    torch.manual_seed(0)
    if topic == "names":
        train, _, countries = names.read(data_dir)
        dataset = PaddedSequences(*train, device=torch.device("cpu"))
        model: nn.Module = RNNClassifier(len(countries))
        batch = list(next(iter(make_loader(dataset, 256, shuffle=torch.Generator()))))
        return model, torch.optim.AdamW(model.parameters(), lr=0.001, fused=True), batch
    model = MODELS[topic]()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    batch = [torch.randn(64, 1, 28, 28), torch.randint(0, 10, (64,))]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.5, fused=True)
    return model, optimizer, batch


def milliseconds(topic: str, count: int, threads: int, data_dir: Path) -> float:
    """Of a step, the mean of STEPS after three."""
    model, optimizer, batch = prepared(topic, data_dir)
    criterion = nn.CrossEntropyLoss()
    torch.set_num_threads(threads)
    with Shards(count, model, criterion) as shards:
        for step in range(STEPS + 3):
            if step == 3:
                started = time.perf_counter()
            optimizer.zero_grad()
            shards.backward(lambda *b: criterion(model(*b[:-1]), b[-1]), *batch).item()
            optimizer.step()
    return (time.perf_counter() - started) / STEPS * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--topics", nargs="+", default=("mlp", "cnn", "resnet", "inception", "names")
    )
    parser.add_argument("--rounds", type=int, default=7)
    add_json(parser)
    arguments = parser.parse_args()
    data_dir = Path(os.environ["PTNOTES_DATA"])
    rows: list[Row] = []
    for topic in arguments.topics:
        taken: dict[tuple[int, int], list[float]] = {}
        for _ in range(arguments.rounds):
            for threads in (2, 1):
                for count in COUNTS:
                    each = milliseconds(topic, count, threads, data_dir)
                    taken.setdefault((threads, count), []).append(each)
        for threads in (2, 1):
            row: Row = {"ms a step": topic, "threads": str(threads)}
            rows.append(row | {f"K = {count}": taken[threads, count] for count in COUNTS})
    report(rows, arguments.json)


if __name__ == "__main__":
    main()

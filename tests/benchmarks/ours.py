"""The epochs of a lesson with the notes' recipe, and a bare loop over the same tensors."""

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from ptnotes import api
from ptnotes.datasets import mnist, names
from ptnotes.engine.loading import DeviceDataset, PaddedSequences
from ptnotes.engine.shards import Shards
from ptnotes.events import EpochRow, Event, Progress
from ptnotes.models.mnist import MODELS
from ptnotes.topics import mnist as mnist_lesson
from ptnotes.topics import names as names_lesson

Epoch = Callable[[int | None], float]  # batches, or None for all → seconds
CPU = torch.device("cpu")


def lesson(topic: str, data_dir: Path) -> Epoch:
    """The topic itself, with so many epochs that it doesn't end; its own measure of an epoch."""
    options = {"epochs": 10_000, "device": "cpu", "data_dir": data_dir}

    def begin() -> Iterator[Event]:
        return (
            api.events("names", **options)
            if topic == "names"
            else api.events("mnist", arch=topic, **options)
        )

    running = begin()

    def epoch(steps: int | None) -> float:
        if steps is None:
            row = next(event for event in running if isinstance(event, EpochRow))
            return row.train_seconds
        started = time.perf_counter()
        warm_up = begin()
        for _ in itertools.islice((e for e in warm_up if isinstance(e, Progress)), steps):
            pass
        warm_up.close()  # type: ignore[attr-defined]
        return time.perf_counter() - started

    return epoch


def bare(topic: str, data_dir: Path) -> Epoch:
    """The same steps over the same tensors, and nothing else: no DataLoader, meter or progress."""
    model: nn.Module
    dataset: DeviceDataset | PaddedSequences
    optimizer: torch.optim.Optimizer
    if topic == "names":
        recipe = names_lesson.RECIPES["notes"]
        train, _, countries = names.read(data_dir)
        model, dataset = (
            names_lesson.RNNClassifier(len(countries)),
            PaddedSequences(*train, device=CPU),
        )
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.lr, weight_decay=0, fused=True)
    else:
        recipe = mnist_lesson.RECIPES["notes"][topic]
        images, labels = mnist.read(data_dir, "train")
        pixels = mnist.normalize(images, mnist_lesson.MEAN, mnist_lesson.STD, CPU)
        model, dataset = MODELS[topic](), DeviceDataset(pixels, labels, device=CPU)
        model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optimizer = torch.optim.SGD(
            model.parameters(), lr=recipe.lr, momentum=recipe.momentum, fused=True
        )
    criterion = nn.CrossEntropyLoss()

    def loss_of(*batch: Tensor) -> Tensor:
        loss: Tensor = criterion(model(*batch[:-1]), batch[-1])
        return loss

    def batch_of(indices: Tensor) -> tuple[Tensor, ...]:
        if isinstance(dataset, DeviceDataset):
            return tuple(tensor[indices] for tensor in dataset.tensors)
        return dataset[indices.tolist()]

    def epoch(steps: int | None) -> float:
        started = time.perf_counter()
        order = torch.randperm(len(dataset)).split(recipe.batch_size)
        with Shards(recipe.shards, model, criterion) as shards:
            for indices in order[:steps]:
                optimizer.zero_grad()
                shards.backward(loss_of, *batch_of(indices))
                optimizer.step()
        return time.perf_counter() - started

    return epoch

"""The engine's epoch with the notes' recipe, and a bare loop over the same tensors."""

import itertools
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ptnotes.datasets import mnist as digits
from ptnotes.datasets import names as surnames
from ptnotes.engine.loading import InMemory, PaddedSequences, batched
from ptnotes.engine.loop import train_epoch, train_step, train_step_in_parts
from ptnotes.engine.shards import Parts
from ptnotes.models.mnist import MODELS
from ptnotes.topics import mnist as mnist_topic
from ptnotes.topics import names as names_topic

Epoch = Callable[[int | None], None]
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Training:
    """All that a topic puts together before its training cycle."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    dataset: InMemory | PaddedSequences
    batch_size: int
    parts: int


def mnist(arch: str, data_dir: Path) -> Training:
    recipe = mnist_topic.NOTES
    images, labels = digits.read(data_dir, "train")
    pixels = mnist_topic.normalized(images, mnist_topic.MEAN, mnist_topic.STD, CPU)
    model: nn.Module = MODELS[arch]()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer, _ = mnist_topic.sgd(model, recipe, steps=1)
    parts = mnist_topic.parts_for(arch, recipe.batch_size, CPU)
    return Training(
        model, optimizer, mnist_topic.in_memory(pixels, labels), recipe.batch_size, parts
    )


def names(_: str, data_dir: Path) -> Training:
    recipe = names_topic.RECIPES["notes"]
    train, _, countries = surnames.read(data_dir)
    model = names_topic.RNNClassifier(len(countries))
    optimizer, _ = names_topic.adam(model, recipe, steps=1)
    dataset = names_topic.in_memory(train, masked=recipe.masked, seed=0, device=CPU)
    return Training(model, optimizer, dataset, recipe.batch_size, parts=1)


def engine(training: Training) -> Epoch:
    """``train_epoch`` as ``fit`` calls it."""
    batches = batched(training.dataset, training.batch_size, shuffle=True)
    criterion = nn.CrossEntropyLoss()

    def epoch(steps: int | None) -> None:
        with Parts(training.parts) if training.parts > 1 else nullcontext() as parts:
            events = train_epoch(
                training.model, criterion, training.optimizer, batches, device=CPU, parts=parts
            )
            for _ in itertools.islice(events, steps):
                pass

    return epoch


def bare(training: Training) -> Epoch:
    """The same steps over the same tensors, and nothing else: no DataLoader, meter or progress."""
    criterion = nn.CrossEntropyLoss()
    model, optimizer = training.model, training.optimizer

    def step(batch: tuple[Tensor, ...], parts: Parts | None) -> None:
        *inputs, targets = batch
        if parts is None:
            train_step(model, criterion, optimizer, inputs, targets)
        else:
            train_step_in_parts(model, criterion, optimizer, inputs, targets, parts)

    def epoch(steps: int | None) -> None:
        order = torch.randperm(len(training.dataset)).split(training.batch_size)
        with Parts(training.parts) if training.parts > 1 else nullcontext() as parts:
            for indices in order[:steps]:
                if isinstance(training.dataset, InMemory):
                    batch = tuple(tensor[indices] for tensor in training.dataset.tensors)
                else:
                    batch = training.dataset[indices.tolist()]
                step(batch, parts)

    return epoch

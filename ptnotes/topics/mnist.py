"""Handwritten digits with four nets: fully connected, CNN, Inception, ResNet (notes, 531-744)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from ptnotes.batches import InMemory, batched
from ptnotes.datasets import mnist
from ptnotes.engine import count_parameters, environment, fit, prepare
from ptnotes.models.mnist import MODELS
from ptnotes.rows import EpochRow, Event, Header, Result

# 1 data: mean and standard deviation of the training pixels, as the notes have them (line 542)
MEAN, STD = 0.1307, 0.3081
TEST_BATCH_SIZE = 1000  # evaluation alone: no effect on training


@dataclass(frozen=True)
class Recipe:
    epochs: int
    batch_size: int
    lr: float
    momentum: float


RECIPES = {"notes": Recipe(epochs=10, batch_size=64, lr=0.01, momentum=0.5)}


def digits(data_dir: Path | None, split: str, device: torch.device) -> InMemory:
    """The whole split, normalized, on the device: (N, 1, 28, 28) float32. Raises DataError."""
    images, labels = mnist.read(data_dir, split)
    pixels = images.to(device).unsqueeze(1).float().div_(255).sub_(MEAN).div_(STD)
    return InMemory(pixels, labels, device=device)


# 2 model: one of ptnotes.models.mnist


def run(
    *,
    arch: str,
    recipe: str,
    epochs: int,
    batch_size: int,
    lr: float,
    momentum: float,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
) -> Iterator[Event]:
    """Yields a row per epoch. Raises DataError, DeviceError, DivergedError."""
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)
    train = batched(digits(data_dir, "train", on), batch_size, shuffle=True, seed=seed)
    test = batched(digits(data_dir, "t10k", on), TEST_BATCH_SIZE)

    # channels_last is how the fast CPU and GPU kernels want convolutions to lie in memory
    model: nn.Module = MODELS[arch]()
    model.to(on, memory_format=torch.channels_last)  # type: ignore[call-overload]

    # 3 loss and optimizer
    criterion = nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum, fused=True)

    config = {
        "arch": arch,
        "recipe": recipe,
        "epochs": epochs,
        "batch_size": batch_size,
        "lr": lr,
        "momentum": momentum,
        "seed": seed,
        "device": str(on),
        "data": "mnist",
    }
    yield Header("mnist", config, environment(on), rows=epochs)

    # 4 training cycle
    rows: list[EpochRow] = []
    for event in fit(model, criterion, optimizer, train, test, epochs=epochs, device=on):
        if isinstance(event, EpochRow):
            rows.append(event)
        yield event

    yield Result(
        {
            "test_accuracy": rows[-1].test_accuracy,
            "test_loss": rows[-1].test_loss,
            "parameters": count_parameters(model),
            "train_seconds": sum(row.train_seconds for row in rows),
            "wall_seconds": time.perf_counter() - started,
        }
    )

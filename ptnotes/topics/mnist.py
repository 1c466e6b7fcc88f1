"""Handwritten digits with four nets: fully connected, CNN, Inception, ResNet (notes, 531-744)."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ptnotes.batches import InMemory, batched
from ptnotes.datasets import mnist
from ptnotes.engine import count_parameters, environment, fit, prepare
from ptnotes.models.mnist import MODELS
from ptnotes.rows import EpochRow, Event, Header, Result

# 1 data: mean and standard deviation of MNIST's training pixels, as the notes have them (line 542)
MEAN, STD = 0.1307, 0.3081
TEST_BATCH_SIZE = 1000  # evaluation alone: no effect on training


@dataclass(frozen=True)
class Recipe:
    epochs: int
    batch_size: int
    lr: float
    momentum: float


RECIPES = {"notes": Recipe(epochs=10, batch_size=64, lr=0.01, momentum=0.5)}


def normalization(images: Tensor, data: str) -> tuple[float, float]:
    """The notes' mean and standard deviation for digits, else those of the images (N, 28, 28)."""
    if data in ("mnist", "sample"):
        return MEAN, STD
    counts = images.flatten().bincount(minlength=256).double()
    levels = torch.arange(256).double() / 255
    mean = (counts @ levels / counts.sum()).item()
    variance = (counts @ (levels - mean) ** 2 / counts.sum()).item()
    return round(mean, 4), round(math.sqrt(variance), 4)


def normalized(
    images: Tensor, labels: Tensor, mean: float, std: float, device: torch.device
) -> InMemory:
    """A whole split on the device, its images (N, 28, 28) uint8 as (N, 1, 28, 28) float32."""
    pixels = images.to(device).unsqueeze(1).float().div_(255).sub_(mean).div_(std)
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
    data: str = "mnist",
) -> Iterator[Event]:
    """Yields a row per epoch. Raises DataError, DeviceError, DivergedError."""
    started = time.perf_counter()
    on = prepare(seed=seed, device=device, threads=threads)
    name = "mnist" if data == "sample" else data
    train_split = mnist.read(data_dir, "train", name)  # (60000, 28, 28), (60000)
    test_split = mnist.read(data_dir, "t10k", name)  # (10000, 28, 28), (10000)
    mean, std = normalization(train_split[0], data)
    train_set = normalized(*train_split, mean, std, on)
    train = batched(train_set, batch_size, shuffle=True, seed=seed)
    test = batched(normalized(*test_split, mean, std, on), TEST_BATCH_SIZE)

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
        "data": data,
        "mean": mean,
        "std": std,
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

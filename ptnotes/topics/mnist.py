"""Handwritten digits with four nets: fully connected, CNN, Inception, ResNet (notes, 531-744)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ptnotes.batches import InMemory, batched
from ptnotes.datasets import mnist
from ptnotes.engine import count_parameters, environment, fit, prepare
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


# 2 models, with the notes' layer names; forward() shows the shapes that 28×28 gives
class MLP(nn.Module):
    """Six linear layers (notes, line 539)."""

    def __init__(self) -> None:
        super().__init__()
        self.l1 = nn.Linear(784, 512)
        self.l2 = nn.Linear(512, 256)
        self.l3 = nn.Linear(256, 128)
        self.l4 = nn.Linear(128, 64)
        self.l5 = nn.Linear(64, 32)
        self.l6 = nn.Linear(32, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)  # (N, 784)
        x = F.relu(self.l1(x))  # (N, 512)
        x = F.relu(self.l2(x))  # (N, 256)
        x = F.relu(self.l3(x))  # (N, 128)
        x = F.relu(self.l4(x))  # (N, 64)
        x = F.relu(self.l5(x))  # (N, 32)
        return self.l6(x)  # type: ignore[no-any-return]  # (N, 10)


class CNN(nn.Module):
    """Two convolutions, each with ReLU and max-pooling (notes, line 661).

    Pooling before ReLU gives the same values and spares three quarters of the ReLU's work.
    """

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(10, 20, kernel_size=5)
        self.pooling = nn.MaxPool2d(2)
        self.fc = nn.Linear(320, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.pooling(self.conv1(x)))  # (N, 10, 12, 12)
        x = F.relu(self.pooling(self.conv2(x)))  # (N, 20, 4, 4)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 320) → (N, 10)


class InceptionA(nn.Module):
    """Four branches side by side, (N, C, H, W) → (N, 88, H, W) (notes, line 715)."""

    def __init__(self, in_channels: int) -> None:
        super().__init__()
        self.branch1x1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch5x5_2 = nn.Conv2d(16, 24, kernel_size=5, padding=2)
        self.branch3x3_1 = nn.Conv2d(in_channels, 16, kernel_size=1)
        self.branch3x3_2 = nn.Conv2d(16, 24, kernel_size=3, padding=1)
        self.branch3x3_3 = nn.Conv2d(24, 24, kernel_size=3, padding=1)
        self.branch_pool = nn.Conv2d(in_channels, 24, kernel_size=1)

    def forward(self, x: Tensor) -> Tensor:
        branch1x1 = self.branch1x1(x)  # (N, 16, H, W)
        branch5x5 = self.branch5x5_2(self.branch5x5_1(x))  # (N, 24, H, W)
        branch3x3 = self.branch3x3_2(self.branch3x3_1(x))  # (N, 24, H, W)
        branch3x3 = self.branch3x3_3(branch3x3)
        pooled = F.avg_pool2d(x, kernel_size=3, stride=1, padding=1)
        branch_pool = self.branch_pool(pooled)  # (N, 24, H, W)
        return torch.cat([branch1x1, branch5x5, branch3x3, branch_pool], dim=1)


class Inception(nn.Module):
    """Two convolutions, an InceptionA behind each (notes, line 715)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 10, kernel_size=5)
        self.conv2 = nn.Conv2d(88, 20, kernel_size=5)
        self.incep1 = InceptionA(in_channels=10)
        self.incep2 = InceptionA(in_channels=20)
        self.mp = nn.MaxPool2d(2)
        self.fc = nn.Linear(1408, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.mp(self.conv1(x)))  # (N, 10, 12, 12)
        x = self.incep1(x)  # (N, 88, 12, 12)
        x = F.relu(self.mp(self.conv2(x)))  # (N, 20, 4, 4)
        x = self.incep2(x)  # (N, 88, 4, 4)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 1408) → (N, 10)


class ResidualBlock(nn.Module):
    """relu(x + F(x)), shape unchanged (notes, line 742)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.conv1(x))
        y = self.conv2(y)
        return F.relu(x + y)


class ResNet(nn.Module):
    """Two convolutions, a residual block behind each (notes, line 742)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=5)
        self.conv2 = nn.Conv2d(16, 32, kernel_size=5)
        self.mp = nn.MaxPool2d(2)
        self.rblock1 = ResidualBlock(16)
        self.rblock2 = ResidualBlock(32)
        self.fc = nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.mp(self.conv1(x)))  # (N, 16, 12, 12)
        x = self.rblock1(x)
        x = F.relu(self.mp(self.conv2(x)))  # (N, 32, 4, 4)
        x = self.rblock2(x)
        return self.fc(x.flatten(1))  # type: ignore[no-any-return]  # (N, 512) → (N, 10)


MODELS = {"mlp": MLP, "cnn": CNN, "inception": Inception, "resnet": ResNet}


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

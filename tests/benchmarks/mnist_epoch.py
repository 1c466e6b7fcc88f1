"""The notes' own MNIST loop beside ours, epoch by epoch in one process.

    PTNOTES_DATA=DIR python -m tests.benchmarks.mnist_epoch --arch cnn --epochs 5

Alternates a training epoch of the notes' program (torchvision's MNIST, ToTensor and Normalize per
image, ``loss.item()`` every step) with one of the engine: same network, batch size and optimizer.
The first epoch of each is a warm-up and not counted. Prints seconds, and the ratios pair by pair.
"""

import argparse
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn as nn
import torch.optim as optim
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from ptnotes.batches import batched
from ptnotes.datasets import mnist
from ptnotes.engine import train_epoch
from ptnotes.models.mnist import MODELS
from ptnotes.topics.mnist import MEAN, NOTES, STD, in_memory, normalized

RECIPE = NOTES


def notes_epoch(arch: str, data_dir: Path) -> Callable[[], None]:
    """The loop of the notes (lines 540-554, 672-674), as they have it."""
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    dataset = datasets.MNIST(root=str(data_dir), train=True, download=False, transform=transform)
    loader = DataLoader(dataset, shuffle=True, batch_size=RECIPE.batch_size)
    model = MODELS[arch]()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=RECIPE.lr, momentum=RECIPE.momentum)

    def epoch() -> None:
        running_loss = 0.0
        for inputs, target in loader:
            optimizer.zero_grad()
            loss = criterion(model(inputs), target)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()

    return epoch


def our_epoch(arch: str, data_dir: Path) -> Callable[[], None]:
    device = torch.device("cpu")
    images, labels = mnist.read(data_dir, "train")
    train = in_memory(normalized(images, MEAN, STD, device), labels)
    batches = batched(train, RECIPE.batch_size, shuffle=True)
    model = MODELS[arch]().to(memory_format=torch.channels_last)
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=RECIPE.lr, momentum=RECIPE.momentum, fused=True)

    def epoch() -> None:
        for _ in train_epoch(model, criterion, optimizer, batches, device=device):
            pass

    return epoch


def seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def spread(values: list[float], spec: str) -> str:
    middle, low, high = statistics.median(values), min(values), max(values)
    return f"median {middle:{spec}} (min {low:{spec}}, max {high:{spec}})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", choices=MODELS, default="cnn")
    parser.add_argument("--epochs", type=int, default=5)
    arguments = parser.parse_args()
    data_dir = Path(os.environ.get("PTNOTES_DATA", "data"))
    torch.manual_seed(0)

    notes, ours = notes_epoch(arguments.arch, data_dir), our_epoch(arguments.arch, data_dir)
    pairs = [(seconds(notes), seconds(ours)) for _ in range(1 + arguments.epochs)][1:]

    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {platform.machine()}")
    print(f"{arguments.arch}, training epochs of batch {RECIPE.batch_size}, n = {len(pairs)}")
    print("notes' loop, s:", spread([first for first, _ in pairs], ".2f"))
    print("ours, s:       ", spread([second for _, second in pairs], ".2f"))
    print("ours / notes': ", spread([second / first for first, second in pairs], ".3f"))


if __name__ == "__main__":
    main()

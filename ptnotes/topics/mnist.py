"""Handwritten digits with four nets: fully connected, CNN, Inception, ResNet (notes, 531-744)."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler, OneCycleLR

from ptnotes.engine.loading import InMemory, ShiftedImages, batched
from ptnotes.datasets import mnist
from ptnotes.engine.device import environment, prepare
from ptnotes.engine.loop import count_parameters, fit, most_likely
from ptnotes.engine.metrics import mistakes, outputs, report
from ptnotes.models.mnist import MODELS
from ptnotes.engine.shards import parts_of
from ptnotes.events import Event, Header, Result
from ptnotes.stats import channel_stats
from ptnotes.engine.state import State, Training

# 1 data: mean and standard deviation of MNIST's training pixels, as the notes have them (line 542)
MEAN, STD = 0.1307, 0.3081
TEST_BATCH_SIZE = 1000  # evaluation alone: no effect on training


@dataclass(frozen=True)
class Recipe:
    """SGD; ``one_cycle`` takes the rate up to ``lr`` and down to almost nothing.

    ``shift`` moves every training image by so many pixels at most, each way.
    """

    epochs: int
    batch_size: int
    lr: float
    momentum: float
    nesterov: bool = False
    weight_decay: float = 0.0
    one_cycle: bool = False
    label_smoothing: float = 0.0
    shift: int = 0


NOTES = Recipe(epochs=10, batch_size=64, lr=0.01, momentum=0.5)
# chosen on the last 10,000 training images (docs/benchmarks.md); at lr 0.1 a seed in eight diverges
TUNED = Recipe(
    epochs=3,
    batch_size=128,
    lr=0.08,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    one_cycle=True,
    shift=1,
)
SMOOTHED = replace(TUNED, label_smoothing=0.05)
RECIPES = {
    "notes": dict.fromkeys(MODELS, NOTES),
    "tuned": {
        "mlp": replace(SMOOTHED, epochs=5),
        "cnn": TUNED,
        "inception": replace(TUNED, batch_size=64, lr=0.05),
        "resnet": replace(SMOOTHED, epochs=4),
    },
}


def normalization(images: Tensor, data: str) -> tuple[float, float]:
    """The notes' mean and standard deviation for digits, else those of the images (N, 28, 28)."""
    if data in ("mnist", "sample"):
        return MEAN, STD
    stats = channel_stats([images.unsqueeze(1)])
    return round(stats.mean[0], 4), round(stats.std[0], 4)


def normalized(images: Tensor, mean: float, std: float, device: torch.device) -> Tensor:
    """(N, 28, 28) uint8 → (N, 1, 28, 28) float32 on the device."""
    return images.to(device).unsqueeze(1).float().div_(255).sub_(mean).div_(std)


def in_memory(pixels: Tensor, labels: Tensor, *, shift: int = 0, seed: int = 0) -> InMemory:
    """Images and labels, where the images lie; moved by up to ``shift`` pixels, if asked to."""
    if not shift:
        return InMemory(pixels, labels, device=pixels.device)
    background = pixels.min().item()  # black, as it is after normalization
    return ShiftedImages(
        pixels, labels, shift=shift, background=background, seed=seed, device=pixels.device
    )


# 2 model: one of ptnotes.models.mnist


# 3 loss and optimizer
def sgd(
    model: nn.Module, chosen: Recipe, *, steps: int
) -> tuple[torch.optim.Optimizer, LRScheduler | None]:
    """The recipe's optimizer, and its schedule over so many steps, if it has one."""
    optimizer = torch.optim.SGD(
        model.parameters(),
        lr=chosen.lr,
        momentum=chosen.momentum,
        nesterov=chosen.nesterov,
        weight_decay=chosen.weight_decay,
        fused=True,
    )
    if not chosen.one_cycle:
        return optimizer, None
    return optimizer, OneCycleLR(optimizer, chosen.lr, steps, cycle_momentum=False)


def parts_for(arch: str, batch_size: int, device: torch.device) -> int:
    """The fully connected net is all weights: to add up its gradients costs what threads bring."""
    return 1 if arch == "mlp" else parts_of(batch_size, device)


def run(
    *,
    arch: str,
    recipe: str,
    seed: int,
    device: str,
    threads: int | None,
    data_dir: Path | None,
    data: str = "mnist",
    resume: State | None = None,
    **hyper: Any,
) -> Iterator[Event]:
    """Yields a row per epoch; ``hyper`` are the fields of Recipe. Goes on from ``resume``.

    Raises DataError, DeviceError, DivergedError.
    """
    started = time.perf_counter()
    chosen = Recipe(**hyper)
    if not chosen.momentum:
        chosen = replace(chosen, nesterov=False)  # torch refuses it without
    on = prepare(seed=seed, device=device, threads=threads)
    name = "mnist" if data == "sample" else data
    images, labels = mnist.read(data_dir, "train", name)  # (60000, 28, 28), (60000)
    mean, std = normalization(images, data)
    train_set = in_memory(normalized(images, mean, std, on), labels, shift=chosen.shift, seed=seed)
    train = batched(train_set, chosen.batch_size, shuffle=True, seed=seed)
    images, labels = mnist.read(data_dir, "t10k", name)  # (10000, 28, 28), (10000)
    test = batched(in_memory(normalized(images, mean, std, on), labels), TEST_BATCH_SIZE)

    # channels_last is how the fast CPU and GPU kernels want convolutions to lie in memory
    model: nn.Module = MODELS[arch]()
    model.to(on, memory_format=torch.channels_last)  # type: ignore[call-overload]

    # 3 loss and optimizer
    criterion = nn.CrossEntropyLoss(label_smoothing=chosen.label_smoothing)
    optimizer, scheduler = sgd(model, chosen, steps=chosen.epochs * len(train))
    training = Training(model, optimizer, scheduler, train, started=started)

    config = {"arch": arch, "recipe": recipe, **vars(chosen), "seed": seed, "device": str(on)}
    config |= {"data": data, "mean": mean, "std": std}
    classes = mnist.CLASS_NAMES[name]
    yield Header("mnist", config, environment(on), rows=chosen.epochs, classes=classes)
    yield from training.begin(resume)

    # 4 training cycle
    parts = parts_for(arch, chosen.batch_size, on)
    yield from fit(training, criterion, train, test, epochs=chosen.epochs, device=on, parts=parts)

    logits, _ = outputs(model, test, parts=parts)
    yield mistakes(logits, labels, images, classes)
    yield Result(
        {
            "test_accuracy": training.rows[-1].test_accuracy,
            "test_loss": training.rows[-1].test_loss,
            "parameters": count_parameters(model),
            "train_seconds": sum(row.train_seconds for row in training.rows),
            "wall_seconds": training.wall_seconds(),
            **report(most_likely(logits), labels, classes),
        }
    )

"""The engine that every trained topic shares: device, seeds, the training loop, evaluation.

It prints nothing: ``fit`` yields a row per epoch, and Progress in between.
"""

import platform
import random
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ptnotes.batches import Batches
from ptnotes.errors import DeviceError, DivergedError
from ptnotes.rows import EpochRow, Progress

Predict = Callable[[Tensor], Tensor]


def pick_device(name: str) -> torch.device:
    """``auto`` takes CUDA, then MPS, then the CPU; anything else is taken at its word.

    Raises DeviceError if this machine does not have it.
    """
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    device = torch.device(name)
    count = {
        "cpu": 1,
        "cuda": torch.cuda.device_count(),
        "mps": int(torch.backends.mps.is_available()),
    }[device.type]
    if (device.index or 0) >= count:
        raise DeviceError(f"there is no device '{name}' here; leave --device out to pick one")
    return device


def prepare(*, seed: int, device: str, threads: int | None) -> torch.device:
    """Seed every source of randomness, set the number of CPU threads, pick the device."""
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)  # every device's generator too
    if threads is not None:
        torch.set_num_threads(threads)
    return pick_device(device)


def environment(device: torch.device) -> dict[str, Any]:
    """What a result depends on besides the configuration."""
    on_gpu = device.type == "cuda"
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "torchvision": version("torchvision"),  # its metadata: importing it takes seconds
        "platform": platform.platform(),
        "device_name": torch.cuda.get_device_name(device) if on_gpu else platform.machine(),
        "threads": torch.get_num_threads(),
    }


def count_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@dataclass
class LossMeter:
    """The mean loss over samples, checked to be finite.

    Reading a loss off an accelerator waits for the device, so there losses are read 64 at a time;
    on the CPU reading is free, and a bad loss stops the run at its own step.
    """

    epoch: int
    reduction: str = "mean"
    read_every: int = 1
    steps: int = 0
    samples: int = 0
    total: float = 0.0
    unread: list[tuple[Tensor, int]] = field(default_factory=list)

    def add(self, loss: Tensor, samples: int) -> None:
        """Take in a batch's loss, a scalar. Raises DivergedError if one is NaN or infinite."""
        self.unread.append((loss.detach(), samples))
        if len(self.unread) >= self.read_every:
            self._read()

    def _read(self) -> None:
        if not self.unread:
            return
        values = torch.stack([loss for loss, _ in self.unread]).tolist()
        for value, (_, samples) in zip(values, self.unread, strict=True):
            self.steps += 1
            if value - value != 0:  # NaN and the infinities
                raise DivergedError(value, self.epoch, self.steps)
            # a short last batch weighs what it holds
            self.total += value if self.reduction == "sum" else value * samples
            self.samples += samples
        self.unread.clear()

    def mean(self) -> float:
        self._read()
        return self.total / self.samples


def _meter(criterion: nn.Module, device: torch.device, epoch: int) -> LossMeter:
    reduction = str(getattr(criterion, "reduction", "mean"))
    return LossMeter(epoch, reduction, read_every=1 if device.type == "cpu" else 64)


def train_step(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: tuple[Tensor, ...],
    targets: Tensor,
) -> Tensor:
    """Forward, backward, update. Returns the loss before the update, a scalar."""
    outputs = model(*inputs)
    loss: Tensor = criterion(outputs, targets)

    optimizer.zero_grad()
    loss.backward()

    optimizer.step()
    return loss


def train_epoch(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Batches,
    *,
    device: torch.device,
    epoch: int = 1,
) -> Generator[Progress, None, float]:
    """One pass over the batches, about a hundred Progress on the way.

    Returns the mean over samples of the losses as the batches were met. Raises DivergedError.
    """
    model.train()
    meter = _meter(criterion, device, epoch)
    total = len(batches)
    every = max(1, total // 100)
    for step, (*inputs, targets) in enumerate(batches, start=1):
        loss = train_step(model, criterion, optimizer, tuple(inputs), targets)
        meter.add(loss, len(targets))
        if step % every == 0:
            yield Progress(epoch, step, total)
    return meter.mean()


@dataclass(frozen=True)
class Evaluation:
    """Exact over samples; accuracy is a fraction."""

    loss: float
    accuracy: float


def most_likely(logits: Tensor) -> Tensor:
    """(N, classes) → (N): the class with the largest logit."""
    return logits.argmax(dim=1)


@torch.inference_mode()
def evaluate(
    model: nn.Module,
    criterion: nn.Module,
    batches: Batches,
    *,
    device: torch.device,
    predict: Predict = most_likely,
    epoch: int = 1,
) -> Evaluation:
    """Loss and accuracy over every sample, in eval mode. Raises DivergedError."""
    model.eval()
    meter = _meter(criterion, device, epoch)
    correct = torch.zeros((), dtype=torch.int64, device=device)
    for *inputs, targets in batches:
        outputs = model(*inputs)
        meter.add(criterion(outputs, targets), len(targets))
        correct += (predict(outputs) == targets).sum()
    loss = meter.mean()
    return Evaluation(loss, correct.item() / meter.samples)


def fit(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: Batches,
    test: Batches,
    *,
    epochs: int,
    device: torch.device,
) -> Iterator[Progress | EpochRow]:
    """Train, and evaluate on the test set after every epoch. Raises DivergedError."""
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        train_loss = yield from train_epoch(
            model, criterion, optimizer, train, device=device, epoch=epoch
        )
        trained = time.perf_counter()
        tested = evaluate(model, criterion, test, device=device, epoch=epoch)
        yield EpochRow(
            epoch=epoch,
            train_loss=train_loss,
            test_loss=tested.loss,
            test_accuracy=tested.accuracy,
            train_seconds=trained - started,
            test_seconds=time.perf_counter() - trained,
        )

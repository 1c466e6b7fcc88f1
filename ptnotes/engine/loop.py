"""The engine that every trained topic shares: the training loop, evaluation.

It prints nothing: ``fit`` yields a row per epoch, and Progress in between.
"""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from ptnotes.engine.loading import Batches
from ptnotes.errors import DivergedError
from ptnotes.engine.shards import Parts
from ptnotes.events import EpochRow, Event, Progress
from ptnotes.engine.state import Training

Predict = Callable[[Tensor], Tensor]


def count_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


@dataclass
class LossMeter:
    """The mean loss over samples, checked to be finite.

    Reading a loss off an accelerator waits for the device, so there losses are read when the epoch
    is over; on the CPU reading is free, and a bad loss stops the run at its own step.
    """

    epoch: int
    reduction: str = "mean"
    read_at_once: bool = True
    steps: int = 0
    samples: int = 0
    total: float = 0.0
    unread: list[tuple[Tensor, int]] = field(default_factory=list)

    def add(self, loss: Tensor, samples: int) -> None:
        """Take in a batch's loss, a scalar. Raises DivergedError if one is NaN or infinite."""
        if self.read_at_once:
            self._count(loss.item(), samples)
        else:
            self.unread.append((loss.detach(), samples))

    def _count(self, loss: float, samples: int) -> None:
        self.steps += 1
        if loss - loss != 0:  # NaN and the infinities
            where = f"epoch {self.epoch}, step {self.steps}"
            raise DivergedError(f"the loss is {loss} at {where}")
        # a short last batch weighs what it holds
        self.total += loss if self.reduction == "sum" else loss * samples
        self.samples += samples

    def mean(self) -> float:
        """Over all samples so far. Raises DivergedError."""
        if self.unread:
            losses = torch.stack([loss for loss, _ in self.unread]).tolist()
            for loss, (_, samples) in zip(losses, self.unread, strict=True):
                self._count(loss, samples)
            self.unread.clear()
        return self.total / self.samples


def _meter(criterion: nn.Module, device: torch.device, epoch: int) -> LossMeter:
    reduction = str(getattr(criterion, "reduction", "mean"))
    return LossMeter(epoch, reduction, read_at_once=device.type == "cpu")


def train_step(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Sequence[Tensor],
    targets: Tensor,
) -> Tensor:
    """Forward, backward, update. Returns the loss before the update, a scalar."""
    outputs = model(*inputs)
    loss: Tensor = criterion(outputs, targets)

    optimizer.zero_grad()
    loss.backward()

    optimizer.step()
    return loss


def train_step_in_parts(
    model: nn.Module,
    criterion: nn.Module,
    optimizer: torch.optim.Optimizer,
    inputs: Sequence[Tensor],
    targets: Tensor,
    parts: Parts,
) -> Tensor:
    """The same update, forward and backward in ``parts``."""
    loss = parts.backward(model, criterion, inputs, targets)

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
    scheduler: LRScheduler | None = None,
    parts: Parts | None = None,
) -> Generator[Progress, None, float]:
    """One pass over the batches, about a hundred Progress on the way.

    A ``scheduler`` steps after every batch. Returns the mean over samples of the losses as the
    batches were met. Raises DivergedError.
    """
    model.train()
    meter = _meter(criterion, device, epoch)
    total = len(batches)
    every = max(1, total // 100)
    for step, (*inputs, targets) in enumerate(batches, start=1):
        if parts is None:
            loss = train_step(model, criterion, optimizer, inputs, targets)
        else:
            loss = train_step_in_parts(model, criterion, optimizer, inputs, targets, parts)
        meter.add(loss, len(targets))
        if scheduler is not None:
            scheduler.step()
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
    parts: Parts | None = None,
) -> Evaluation:
    """Loss and accuracy over every sample, in eval mode. Raises DivergedError."""
    model.eval()
    meter = _meter(criterion, device, epoch)
    correct = torch.zeros((), dtype=torch.int64, device=device)
    for *inputs, targets in batches:
        outputs = model(*inputs) if parts is None else parts.forward(model, inputs)
        meter.add(criterion(outputs, targets), len(targets))
        correct += (predict(outputs) == targets).sum()
    loss = meter.mean()
    return Evaluation(loss, correct.item() / meter.samples)


def fit(
    training: Training,
    criterion: nn.Module,
    train: Batches,
    test: Batches,
    *,
    epochs: int,
    device: torch.device,
    parts: int = 1,
) -> Iterator[Event]:
    """Train up to epoch ``epochs``, and evaluate on the test set after each. Raises DivergedError.

    With ``parts`` above 1 every batch is computed in so many threads side by side.
    """
    model = training.model
    assert training.optimizer is not None
    with Parts(parts) if parts > 1 else nullcontext() as side_by_side:
        for epoch in range(training.epoch + 1, epochs + 1):
            started = time.perf_counter()
            train_loss = yield from train_epoch(
                model,
                criterion,
                training.optimizer,
                train,
                device=device,
                epoch=epoch,
                scheduler=training.scheduler,
                parts=side_by_side,
            )
            trained = time.perf_counter()
            tested = evaluate(
                model, criterion, test, device=device, epoch=epoch, parts=side_by_side
            )
            yield from training.after(
                EpochRow(
                    epoch=epoch,
                    train_loss=train_loss,
                    test_loss=tested.loss,
                    test_accuracy=tested.accuracy,
                    train_seconds=trained - started,
                    test_seconds=time.perf_counter() - trained,
                )
            )

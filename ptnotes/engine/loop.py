"""What every training loop needs: the loss meter, evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.engine.distributed import share_out
from ptnotes.engine.loading import Batches
from ptnotes.engine.metrics import predict_class
from ptnotes.engine.shards import Shards
from ptnotes.errors import DivergedError
from ptnotes.events import EpochRow

Predict = Callable[[Tensor], Tensor]


def count_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def check_outputs(model: nn.Module, inputs: Any, outputs: Tensor) -> None:
    """A forward hook for models whose criterion refuses NaN. Raises DivergedError."""
    if outputs.isnan().any():
        raise DivergedError("the network's output is nan")


@dataclass
class LossMeter:
    """The mean loss over samples, checked to be finite.

    Reading a loss off an accelerator waits for the device, so there losses are read when the epoch
    is over; on the CPU a bad loss stops the run at its own step.
    """

    epoch: int
    reduction: str = "mean"
    steps: int = 0
    samples: int = 0
    total: float = 0.0
    unread: list[tuple[Tensor, int]] = field(default_factory=list)
    latest: tuple[Tensor, int] = field(default_factory=lambda: (torch.zeros(()), 1))

    def add(self, loss: Tensor, samples: int) -> None:
        """Take in a batch's loss, a scalar. Raises DivergedError if one is NaN or infinite."""
        self.latest = loss.detach(), samples
        if loss.is_cpu:
            self._count(loss.item(), samples)
        else:
            self.unread.append(self.latest)

    def _count(self, loss: float, samples: int) -> None:
        self.steps += 1
        if loss - loss != 0:  # NaN and the infinities
            where = f"epoch {self.epoch}, step {self.steps}"
            raise DivergedError(f"the loss is {loss} at {where}")
        # a short last batch weighs what it holds
        self.total += loss if self.reduction == "sum" else loss * samples
        self.samples += samples

    def of_last_batch(self) -> float:
        """Its mean loss; reading it waits for an accelerator."""
        loss, samples = self.latest
        return loss.item() / (samples if self.reduction == "sum" else 1)

    @property
    def so_far(self) -> float | None:
        """The mean of the losses that have been read; None where they wait on the device."""
        return self.total / self.samples if self.samples else None

    def mean(self) -> float:
        """Over all samples so far. Raises DivergedError."""
        if self.unread:
            losses = torch.stack([loss for loss, _ in self.unread]).tolist()
            for loss, (_, samples) in zip(losses, self.unread, strict=True):
                self._count(loss, samples)
            self.unread.clear()
        return self.total / self.samples


@dataclass(frozen=True)
class Evaluation:
    """Exact over samples; accuracy is a fraction."""

    loss: float
    accuracy: float

    def columns(self, part: str, seconds: float) -> dict[str, float]:
        """For an EpochRow: of "val" or "test" data."""
        return {
            f"{part}_loss": self.loss,
            f"{part}_accuracy": self.accuracy,
            f"{part}_seconds": seconds,
        }


@torch.inference_mode()
def evaluate(
    shards: Shards,
    criterion: nn.Module,
    batches: Batches,
    *,
    predict: Predict = predict_class,
    epoch: int = 1,
) -> Evaluation:
    """Loss and accuracy of the shards' model over every sample, in eval mode.

    Under torchrun each process has its share of the batches; sums are added in their order.

    Raises DivergedError.
    """
    shards.model.eval()
    meter = LossMeter(epoch, str(getattr(criterion, "reduction", "mean")))

    def judge(batch: Sequence[Tensor]) -> tuple[Tensor, int, Tensor]:
        *inputs, targets = batch
        outputs = shards.forward(*inputs)
        found = criterion(outputs, targets), (predict(outputs) == targets).sum()
        # others' tensors would be on their GPUs
        loss, right = (each.cpu() if shards.processes > 1 else each for each in found)
        return loss, len(targets), right

    correct: int | Tensor = 0
    for loss, samples, right in share_out(batches, judge):
        meter.add(loss, samples)
        correct = correct + right
    return Evaluation(meter.mean(), int(correct) / meter.samples)


def evaluate_at_end(
    shards: Shards, criterion: nn.Module, test: Batches, last: EpochRow
) -> Evaluation:
    """``evaluate`` on the test set, unless the ``last`` epoch's row has it already."""
    if last.test_loss is None or last.test_accuracy is None:
        return evaluate(shards, criterion, test)
    return Evaluation(last.test_loss, last.test_accuracy)

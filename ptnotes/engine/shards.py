"""A batch in parts, a thread each: forward and backward side by side, then the gradients' sum.

torch's own threads share out every operation and wait for each other behind it. These networks are
so small that they meet dozens of times a step, and where another process holds a core they all wait
for it each time. In parts they meet once a step.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")
SMALLEST = 32  # samples: below it the operations' own overhead outweighs what a thread brings


def parts_of(batch_size: int, device: torch.device) -> int:
    """How many parts suit this batch size: one a thread on the CPU, one on an accelerator."""
    if device.type != "cpu":
        return 1
    return max(1, min(torch.get_num_threads(), batch_size // SMALLEST))


class Parts:
    """``count`` threads that each take every ``count``-th sample of a batch.

    A context: inside, the caller's thread is one of them, and torch's threads are shared out among
    them. The sum of the gradients has one order, so results depend on ``count`` and nothing else.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._threads = torch.get_num_threads()

    def __enter__(self) -> Self:
        if self.count > 1:
            each = max(1, self._threads // self.count)
            torch.set_num_threads(each)
            self._pool = ThreadPoolExecutor(self.count - 1, "part", torch.set_num_threads, (each,))
        return self

    def __exit__(self, *_: object) -> None:
        if self.count > 1:
            self._pool.shutdown()
            torch.set_num_threads(self._threads)

    def _map(self, work: Callable[[Sequence[Tensor]], T], batch: Sequence[Tensor]) -> list[T]:
        """What ``work`` makes of each part: the first here, the others in the pool."""
        count = min(self.count, len(batch[-1]))
        first, *others = ([tensor[i::count] for tensor in batch] for i in range(count))
        waiting = [self._pool.submit(work, part) for part in others]
        return [work(first), *(future.result() for future in waiting)]

    def backward(
        self, model: nn.Module, criterion: nn.Module, inputs: Sequence[Tensor], targets: Tensor
    ) -> Tensor:
        """The batch's loss, a scalar, after putting its gradients into the parameters."""
        parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
        mean = getattr(criterion, "reduction", "mean") == "mean"

        def gradients(part: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
            *x, y = part
            share = len(y) / len(targets) if mean else 1.0
            loss = criterion(model(*x), y) * share
            return loss.detach(), torch.autograd.grad(loss, parameters)

        results = self._map(gradients, [*inputs, targets])
        for parameter, *of_parts in zip(parameters, *(grads for _, grads in results), strict=True):
            total, *others = of_parts
            for other in others:
                total.add_(other)
            if total.stride() != parameter.stride():  # a fused optimizer goes through both alike
                total = torch.empty_like(parameter).copy_(total)
            parameter.grad = total
        return torch.stack([loss for loss, _ in results]).sum()

    def forward(self, model: nn.Module, inputs: Sequence[Tensor]) -> Tensor:
        """The model's outputs for the whole batch, without gradients."""

        @torch.inference_mode()
        def outputs(part: Sequence[Tensor]) -> Tensor:
            result: Tensor = model(*part)
            return result

        results = self._map(outputs, inputs)
        whole = results[0].new_empty(len(inputs[0]), *results[0].shape[1:])
        for i, part in enumerate(results):
            whole[i :: len(results)] = part
        return whole

"""A batch cut into K shards, each computed by one thread; their gradients are added in order.

Who computes a shard changes no bit: K and the order decide how sums are rounded, not the number
of threads. torch's own threads are set to one: they divide every operation and wait for each other
after it, dozens of times a step in networks of this size; shards wait once.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn

T = TypeVar("T")
Job = Callable[[], Any]


def use_one_thread() -> None:
    """Setting the number clears the kernels' cache, so it is set only where it is another."""
    if torch.get_num_threads() != 1:
        torch.set_num_threads(1)


@contextmanager
def one_thread() -> Iterator[None]:
    """torch's kernels use one thread: how they round sums depends on how many share them."""
    threads = torch.get_num_threads()
    use_one_thread()
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Worker(threading.Thread):
    """Runs jobs in turn. With an executor's futures an mlp step took 3 to 6 % longer."""

    def __init__(self) -> None:
        super().__init__(name="shard", daemon=True)
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.results: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()
        self.start()

    def run(self) -> None:
        torch.set_num_threads(1)
        while (job := self.jobs.get()) is not None:
            try:
                self.results.put((job(), None))
            except BaseException as error:
                self.results.put((None, error))


class Shards:
    """``count`` shards of every batch: shard k has the samples k, k + count, k + 2·count, …

    A context: inside, up to ``torch.get_num_threads()`` threads compute them, the caller's among
    them; outside, the caller's alone. Gradients are those of the parameters that need one when it
    is made. Raises ValueError for a model or criterion whose shards don't add up to the batch:
    dropout and batch normalization (as modules), means weighted by class or by something else.
    """

    def __init__(self, count: int, model: nn.Module, criterion: nn.Module) -> None:
        if count > 1:
            _check_shardable(model, criterion)
        self.count, self.model = count, model
        self.parameters = [each for each in model.parameters() if each.requires_grad]
        self.averages = getattr(criterion, "reduction", "mean") == "mean"
        self.ignored = getattr(criterion, "ignore_index", None) if count > 1 else None
        self.workers: list[_Worker] = []

    def __enter__(self) -> Self:
        if self.count > 1 and torch.is_autocast_enabled("cpu"):
            raise ValueError("autocast is on, and the threads of the shards would not have it")
        self._threads = torch.get_num_threads()
        use_one_thread()
        self.workers = [_Worker() for _ in range(min(self._threads, self.count) - 1)]
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.jobs.put(None)
        for worker in self.workers:
            worker.join()
        self.workers = []
        torch.set_num_threads(self._threads)

    def _map(self, work: Callable[..., T], batch: Sequence[Tensor]) -> list[T]:
        """``work`` of every shard of the batch's tensors (N, …), in the shards' order."""
        use_one_thread()  # another run in this process may have changed it
        count = min(self.count, len(batch[-1]))
        threads = len(self.workers) + 1

        def job(thread: int) -> list[T]:
            shards = range(thread, count, threads)
            return [work(*(tensor[k::count] for tensor in batch)) for k in shards]

        for thread, worker in enumerate(self.workers, start=1):
            worker.jobs.put(lambda thread=thread: job(thread))  # type: ignore[misc]
        try:
            done = [job(0)]
        finally:  # no worker still runs after an error here
            others = [worker.results.get() for worker in self.workers]
        for result, error in others:
            if error is not None:
                raise error
            done.append(result)
        return [done[k % threads][k // threads] for k in range(count)]

    def backward(self, loss_of: Callable[..., Tensor], *batch: Tensor) -> Tensor:
        """The gradients of ``loss_of(*batch)``, added to the parameters' ``grad``, shard by shard.

        ``batch`` are tensors (N, …), the targets last; ``loss_of`` computes the forward pass and
        the loss, a scalar. Returns the loss of the batch without its graph. Raises ValueError for
        targets that the criterion ignores: the shards' shares would be wrong.
        """
        targets = batch[-1]
        if self.ignored is not None and bool((targets == self.ignored).any()):
            raise ValueError(f"targets of ignore_index {self.ignored} can't be cut into shards")

        def gradients(*shard: Tensor) -> tuple[Tensor, Sequence[Tensor | None]]:
            share = len(shard[-1]) / len(targets) if self.averages else 1.0
            loss = loss_of(*shard) * share
            found = torch.autograd.grad(loss, self.parameters, allow_unused=True)
            return loss.detach(), found

        results = self._map(gradients, batch)
        for parameter, *of_shards in zip(
            self.parameters, *(gradients for _, gradients in results), strict=True
        ):
            used = [gradient for gradient in of_shards if gradient is not None]
            if not used:
                continue
            total = used[0]
            for other in used[1:]:
                total.add_(other)
            if total.stride() != parameter.stride():  # fused optimizers need the same layout
                total = torch.empty_like(parameter).copy_(total)
            parameter.grad = total if parameter.grad is None else parameter.grad.add_(total)
        return torch.stack([loss for loss, _ in results]).sum()

    def forward(self, *inputs: Tensor) -> Tensor:
        """The model's outputs (N, …) for a whole batch, without gradients."""

        @torch.inference_mode()
        def outputs(*shard: Tensor) -> Tensor:
            result: Tensor = self.model(*shard)
            return result

        results = self._map(outputs, inputs)
        whole = results[0].new_empty(len(inputs[0]), *results[0].shape[1:])
        for k, shard in enumerate(results):
            whole[k :: len(results)] = shard
        return whole


def _check_shardable(model: nn.Module, criterion: nn.Module) -> None:
    for name, module in model.named_modules():
        dropout = module.p if isinstance(module, nn.modules.dropout._DropoutNd) else 0
        between_layers = getattr(module, "dropout", 0)  # of recurrent layers; elsewhere a module
        if dropout or (isinstance(between_layers, float) and between_layers):
            raise ValueError(f"{name or 'the model'} has dropout, whose draws depend on threads")
        if isinstance(module, nn.RReLU):
            raise ValueError(f"{name or 'the model'} is random, and its draws depend on threads")
        batch_norm = isinstance(module, nn.modules.batchnorm._BatchNorm)
        if batch_norm or getattr(module, "running_mean", None) is not None:
            raise ValueError(f"{name or 'the model'} normalizes by batch, and a shard is none")
    if getattr(criterion, "weight", None) is not None:
        raise ValueError("a loss weighted by class is not the mean of its shards' losses")
    if getattr(criterion, "reduction", "mean") not in ("mean", "sum"):
        raise ValueError(f"{criterion.reduction} of a loss is not made of its shards'")

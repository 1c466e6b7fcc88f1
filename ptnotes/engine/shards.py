"""A batch cut into K shards, each computed by one thread; their gradients are added in order.

Who computes a shard changes no bit: K and the order decide how sums are rounded, not the number of
threads, nor that of processes. Under torchrun, process r of N computes the shards r, r + N, ….

torch's own threads are set to one: they divide every operation and wait for each other after it,
dozens of times a step in networks of this size; shards wait once.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from queue import SimpleQueue
from typing import Any, Self, TypeVar

import torch
from torch import Tensor, nn

from ptnotes.engine import distributed
from ptnotes.engine.exchange import Gradients, LossOf, exchange
from ptnotes.engine.graphs import Captured
from ptnotes.engine.shardable import check_shardable

T = TypeVar("T")
Job = Callable[[], Any]
Results = SimpleQueue[tuple[Any, BaseException | None]]


def use_one_thread() -> None:
    """Setting the number clears the kernels' cache, so it is set only where it is another.

    Asking for it comes first in every thread: torch sets a thread's number when it is first asked
    for, to the last that any thread has set.
    """
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
        self.jobs: SimpleQueue[tuple[Job, Results] | None] = SimpleQueue()
        self.start()

    def submit(self, job: Job) -> Results:
        """The queue in which its result or its error will be. Each job has its own: a caller that
        is interrupted leaves nothing for the next.
        """
        results: Results = SimpleQueue()
        self.jobs.put((job, results))
        return results

    def run(self) -> None:
        use_one_thread()
        while (submitted := self.jobs.get()) is not None:
            job, results = submitted
            try:
                results.put((job(), None))
            except BaseException as error:
                results.put((None, error))


class Shards:
    """``count`` shards of every batch: shard k has the samples k, k + count, k + 2·count, …

    A context: inside, up to ``torch.get_num_threads()`` threads compute them, the caller's among
    them; outside, the caller's alone. Gradients are those of the parameters that need one when it
    is made. Raises ValueError for a model or criterion whose shards don't add up to the batch:
    dropout and batch normalization, means weighted by class or by something else, a criterion that
    doesn't say as its ``reduction`` whether it is a mean or a sum. With ``precision`` "bf16" the
    forward pass is autocast. ``captured``: on CUDA, and in one process, the forward and backward
    pass of full batches is captured as a graph. The forward pass must then not wait for the GPU,
    draw random numbers, change buffers or depend on anything but the batch and the weights: it
    runs a few more times before the capture, and a replay runs no Python.
    """

    def __init__(
        self,
        count: int,
        model: nn.Module,
        criterion: nn.Module,
        *,
        precision: str = "fp32",
        captured: bool = False,
    ) -> None:
        if count > 1:
            check_shardable(model, criterion)
        self.count, self.model, self.precision = count, model, precision
        self.parameters = [each for each in model.parameters() if each.requires_grad]
        self.averages = getattr(criterion, "reduction", "mean") == "mean"
        self.ignored = getattr(criterion, "ignore_index", None) if count > 1 else None
        self.workers: list[_Worker] = []
        self.rank, self.processes = 0, 1
        self._threads: int | None = None  # torch's own, while inside
        self._checked = count == 1
        self.captured = captured
        self._graph: Captured | None = None

    def __enter__(self) -> Self:
        if self.count > 1 and torch.is_autocast_enabled("cpu"):
            raise ValueError("autocast is on, and the threads of the shards would not have it")
        if self._threads is not None:
            raise RuntimeError("these shards are in use already")
        self._threads = torch.get_num_threads()
        use_one_thread()
        self.rank, self.processes = distributed.sharing()
        on_cpu = all(parameter.is_cpu for parameter in self.parameters)
        threads = min(self._threads, self.count) if on_cpu else 1  # a GPU has one queue of kernels
        self.workers = [_Worker() for _ in range(threads - 1)]
        self._graph = Captured(self._gradients) if self.captured else None
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.workers:
            worker.jobs.put(None)
        for worker in self.workers:
            worker.join()
        self.workers = []
        self._graph = None  # frees its memory
        if self._threads is not None:
            torch.set_num_threads(self._threads)
            self._threads = None

    def _map(
        self, work: Callable[..., T], batch: Sequence[Tensor], first: int = 0, step: int = 1
    ) -> list[T]:
        """``work`` of the shards ``first``, ``first + step``, … of the batch's tensors (N, …)."""
        use_one_thread()  # another run in this process may have changed it
        count = min(self.count, len(batch[-1]))
        if not count:
            raise ValueError("the batch is empty")
        own = range(first, count, step)
        threads = len(self.workers) + 1

        def job(thread: int) -> list[T]:
            return [work(*(tensor[k::count] for tensor in batch)) for k in own[thread::threads]]

        submitted = [
            worker.submit(partial(job, thread)) for thread, worker in enumerate(self.workers, 1)
        ]
        try:
            done = [job(0)]
        finally:  # no worker still runs after an error here
            others = [results.get() for results in submitted]
        for result, error in others:
            if error is not None:
                raise error
            done.append(result)
        return [done[place % threads][place // threads] for place in range(len(own))]

    def backward(self, loss_of: LossOf, *batch: Tensor) -> Tensor:
        """The gradients of ``loss_of(*batch)``, added to the parameters' ``grad``, shard by shard.

        ``batch`` are tensors (N, …), the targets last; ``loss_of`` computes the forward pass and
        the loss, a scalar. Returns the loss of the batch without its graph. Raises ValueError for
        targets that the criterion ignores: the shards' shares would be wrong; and, at the first
        batch, for a model that draws random numbers or changes its buffers.
        """
        targets = batch[-1]
        # to look waits for an accelerator, so there only the first batch is looked at
        look = targets.is_cpu or not self._checked
        if self.ignored is not None and look and bool(torch.eq(targets, self.ignored).any()):
            raise ValueError(f"targets of ignore_index {self.ignored} can't be cut into shards")
        if not self._checked and len(targets):
            count = min(self.count, len(targets))
            self._check_repeatable(loss_of, [tensor[::count] for tensor in batch])
            self._checked = True

        # a replay overwrites the gradients of the one before: none can be added to those in .grad
        fresh = all(parameter.grad is None for parameter in self.parameters)
        graph = self._graph if fresh and self.processes == 1 else None
        loss, found = (graph or self._gradients)(loss_of, *batch)
        for parameter, gradient in zip(self.parameters, found, strict=True):
            if gradient is not None:
                before = parameter.grad
                parameter.grad = gradient if before is None else before.add_(gradient)
        return loss

    def _gradients(self, loss_of: LossOf, *batch: Tensor) -> Gradients:
        """Of a batch: those of its shards, added in order."""
        targets = batch[-1]

        def gradients(*shard: Tensor) -> Gradients:
            share = len(shard[-1]) / len(targets) if self.averages else 1.0
            with self._autocast(shard[-1]):
                loss = loss_of(*shard)
            loss = loss * share
            found = torch.autograd.grad(loss, self.parameters, allow_unused=True)
            return loss.detach(), found

        results = self._map(gradients, batch, self.rank, self.processes)
        if self.processes > 1:
            count = min(self.count, len(targets))
            results = exchange(results, self.parameters, count, self.processes)
        totals: list[Tensor | None] = []
        for parameter, *of_shards in zip(
            self.parameters, *(gradients for _, gradients in results), strict=True
        ):
            used = [gradient for gradient in of_shards if gradient is not None]
            if not used:
                totals.append(None)
                continue
            total = used[0]
            for other in used[1:]:
                total.add_(other)
            if total.stride() != parameter.stride():  # fused optimizers need the same layout
                total = torch.empty_like(parameter).copy_(total)
            totals.append(total)
        return torch.stack([loss for loss, _ in results]).sum(), totals

    def _autocast(self, like: Tensor) -> AbstractContextManager[None]:
        if self.precision == "fp32":
            return nullcontext()  # entering it takes longer, even if it is not enabled
        # where the caller has autocast on, a capture could take weights that were cast outside it
        return torch.autocast(like.device.type, torch.bfloat16, cache_enabled=like.is_cpu)

    @torch.no_grad()
    def _check_repeatable(self, loss_of: LossOf, shard: Sequence[Tensor]) -> None:
        """A shard computed twice has the same loss, or threads would change bits too."""
        buffers = [buffer.clone() for buffer in self.model.buffers()]
        with self._autocast(shard[-1]):
            first, second = loss_of(*shard), loss_of(*shard)
        if not all(map(torch.equal, buffers, self.model.buffers())):
            raise ValueError("the model changes a buffer, which every shard would do by itself")
        if first.is_cpu and not torch.equal(first, second) and not first.isnan():
            raise ValueError("a shard computed twice has two losses: the model draws at random")

    def forward(self, *inputs: Tensor) -> Tensor:
        """The model's outputs (N, …) for a whole batch, without gradients."""

        @torch.inference_mode()
        def outputs(*shard: Tensor) -> Tensor:
            with self._autocast(shard[-1]):
                result: Tensor = self.model(*shard)
            return result.float()

        results = self._map(outputs, inputs)
        whole = results[0].new_empty(len(inputs[0]), *results[0].shape[1:])
        for k, shard in enumerate(results):
            whole[k :: len(results)] = shard
        return whole

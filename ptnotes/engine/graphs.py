"""The forward and backward pass on CUDA as a graph: one launch instead of one per kernel.

In networks of this size Python and the launches take longer than the kernels. A graph has fixed
addresses: each batch is copied into its input tensors, and each replay overwrites its results.
``PTNOTES_CUDA_GRAPHS=0`` switches graphs off.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from ptnotes.engine.exchange import Gradients, LossOf
from ptnotes.errors import PtnotesWarning

Key = tuple[LossOf, list[torch.Size]]  # the function of the loss, and the shapes of the batch
WARM_UP = 3  # computations before the capture, in which libraries choose and set up their kernels


def capturable(tensor: Tensor) -> bool:
    """Whether computations with this tensor may be captured."""
    return tensor.is_cuda and os.environ.get("PTNOTES_CUDA_GRAPHS") != "0"


def capture(
    compute: Callable[..., Gradients], inputs: Sequence[Tensor]
) -> tuple[Callable[[], None], Gradients]:
    """A function that computes again from what ``inputs`` then hold, and the tensors that hold its
    results.

    Raises RuntimeError if ``compute`` waits for the GPU or can't be captured.
    """
    with torch.cuda.device(inputs[-1].device):  # "cuda:1" need not be the current one
        before = torch.cuda.current_stream()
        stream = torch.cuda.Stream()
        stream.wait_stream(before)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.stream(stream):
                for _ in range(WARM_UP):
                    compute(*inputs)
            before.wait_stream(stream)
            with torch.cuda.graph(graph, stream=stream):  # where the libraries are set up
                found = compute(*inputs)
        finally:
            torch.cuda.set_stream(before)  # which a capture that fails doesn't do
    return graph.replay, found


class _Graph(NamedTuple):
    key: Key
    inputs: Sequence[Tensor]
    replay: Callable[[], None]
    found: Gradients


class Captured:
    """``compute`` as a CUDA graph, for one ``loss_of`` and one shape of batch: captured at the
    second consecutive batch of that shape. Other batches, such as the short last one of an epoch,
    are computed without it.
    """

    def __init__(self, compute: Callable[..., Gradients]) -> None:
        self.compute = compute
        self._graph: _Graph | None = None
        self._last: Key | None = None  # of the batch before
        self._failed = False

    def __call__(self, loss_of: LossOf, *batch: Tensor) -> Gradients:
        """The loss and the gradients. The next call overwrites the gradients of a graph."""
        if self._failed or not all(map(capturable, batch)):
            return self.compute(loss_of, *batch)
        key = loss_of, [tensor.shape for tensor in batch]
        if self._graph is None and key == self._last:
            self._capture(key, *batch)
        self._last = key
        if self._graph is None or key != self._graph.key:
            return self.compute(loss_of, *batch)
        for own, tensor in zip(self._graph.inputs, batch, strict=True):
            own.copy_(tensor)
        self._graph.replay()
        loss, gradients = self._graph.found
        return loss.clone(), gradients

    def _capture(self, key: Key, *batch: Tensor) -> None:
        inputs = [tensor.clone() for tensor in batch]
        try:
            self._graph = _Graph(key, inputs, *capture(partial(self.compute, key[0]), inputs))
        except RuntimeError as error:
            self._failed = True
            # the end of a capture that failed has an error of its own
            reason = str(error.__context__ or error).partition("\n")[0]
            warnings.warn(
                f"no CUDA graph, each kernel is launched by itself: {reason}",
                PtnotesWarning,
                stacklevel=2,
            )

"""A training step on CUDA as one graph: launched once, not kernel by kernel.

In networks of this size Python and the launches take longer than the kernels. A graph has fixed
addresses, so a batch is copied to where the captured one lay, and what it computes lies at the same
place every time. ``PTNOTES_CUDA_GRAPHS=0`` computes without.
"""

import os
import warnings
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from ptnotes.engine.exchange import Gradients, LossOf
from ptnotes.errors import PtnotesWarning

Key = tuple[LossOf, list[torch.Size]]  # what is computed, and the shapes of what from
WARM_UP = 3  # computations before the capture, in which libraries choose and set up their kernels


def capturable(tensor: Tensor) -> bool:
    """Whether a graph is wanted of what is computed with this tensor."""
    return tensor.is_cuda and os.environ.get("PTNOTES_CUDA_GRAPHS") != "0"


def capture(
    compute: Callable[..., Gradients], inputs: Sequence[Tensor]
) -> tuple[Callable[[], None], Gradients]:
    """What computes again from what ``inputs`` then hold, and where its results will be.

    Raises RuntimeError if something in it waits for the GPU or can't be captured.
    """
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            compute(*inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, stream=stream):  # on the stream whose libraries are set up
        found = compute(*inputs)
    return graph.replay, found


class Captured:
    """``compute``, captured for one ``loss_of`` and batches of one shape: the second in a row that
    has it is captured. Others, as the short last batch of an epoch, are computed without a graph.
    """

    def __init__(self, compute: Callable[..., Gradients]) -> None:
        self.compute = compute
        self._inputs: list[Tensor] = []
        self._found: Gradients | None = None
        self._replay: Callable[[], None] | None = None
        self._last: Key | None = None  # of the batch before
        self._key: Key | None = None  # of the graph
        self._failed = False

    def __call__(self, loss_of: LossOf, *batch: Tensor) -> Gradients:
        """The loss and the gradients; a graph overwrites the gradients at the next call."""
        if self._failed or not capturable(batch[-1]):
            return self.compute(loss_of, *batch)
        key = loss_of, [tensor.shape for tensor in batch]
        if self._replay is None and key == self._last:
            self._capture(key, *batch)
        self._last = key
        if self._replay is None or self._found is None or key != self._key:
            return self.compute(loss_of, *batch)
        for own, tensor in zip(self._inputs, batch, strict=True):
            own.copy_(tensor)
        self._replay()
        loss, gradients = self._found
        return loss.clone(), gradients

    def _capture(self, key: Key, *batch: Tensor) -> None:
        self._key, self._inputs = key, [tensor.clone() for tensor in batch]
        try:
            self._replay, self._found = capture(partial(self.compute, key[0]), self._inputs)
        except RuntimeError as error:
            self._failed = True
            reason = str(error).partition("\n")[0]
            warnings.warn(
                f"no CUDA graph, each kernel is launched by itself: {reason}",
                PtnotesWarning,
                stacklevel=2,
            )

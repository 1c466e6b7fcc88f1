"""The gradients of shards that several processes computed: every process gets those of all."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ptnotes.engine import distributed

LossOf = Callable[..., Tensor]  # the tensors of a batch → its loss
Gradients = tuple[Tensor, Sequence[Tensor | None]]  # a shard's loss, the parameters' gradients


def exchange(
    own: Sequence[Gradients], parameters: Sequence[Tensor], count: int, processes: int
) -> list[Gradients]:
    """This process's results → those of all ``count`` shards, in the shards' order.

    Of every process one buffer a step: of each shard its loss, which parameters it used, its
    gradients. A process without a shard sends none.
    """
    sizes = [parameter.numel() for parameter in parameters]
    width = 1 + len(sizes) + sum(sizes)
    places = -(-count // processes)
    buffer = torch.zeros(places, width, device=parameters[0].device)
    for line, (loss, found) in zip(buffer, own, strict=False):
        line[0] = loss
        if line.is_cpu:
            used = [gradient is not None for gradient in found]
            line[1 : 1 + len(sizes)] = torch.tensor(used, dtype=line.dtype)
        for part, gradient in zip(line[1 + len(sizes) :].split(sizes), found, strict=True):
            if gradient is not None:
                part.view(gradient.shape).copy_(gradient)
    every = distributed.all_gather(buffer, senders=count)
    return [
        _unpacked(every[k % processes][k // processes], parameters, sizes) for k in range(count)
    ]


def _unpacked(line: Tensor, parameters: Sequence[Tensor], sizes: list[int]) -> Gradients:
    # reading the flags would wait for an accelerator: there an unused parameter gets zeros
    flags = line[1 : 1 + len(sizes)]
    used = flags.bool().tolist() if line.is_cpu else [True] * len(sizes)
    parts = line[1 + len(sizes) :].split(sizes)
    return line[0], [
        part.view(parameter.shape) if is_used else None
        for part, parameter, is_used in zip(parts, parameters, used, strict=True)
    ]

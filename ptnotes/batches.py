"""Data held in memory on the device, and torch's own DataLoader over it.

A DataLoader that fetches sample by sample pays Python for each of them. Given a BatchSampler as its
``sampler`` and ``batch_size=None`` it hands the data set a whole batch of indices at once, and the
data set answers with one gather.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler

Batches = DataLoader[Any]


class InMemory(Dataset[tuple[Tensor, ...]]):
    """Tensors with the samples along their first dimension; asked with a list of indices."""

    def __init__(self, *tensors: Tensor, device: torch.device) -> None:
        self.tensors = tuple(tensor.to(device) for tensor in tensors)
        self.device = device

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        index = torch.tensor(indices).to(self.device)
        return tuple(tensor.index_select(0, index) for tensor in self.tensors)


class PaddedSequences(Dataset[tuple[Tensor, ...]]):
    """Sequences of different lengths, padded, as pack_padded_sequence wants them.

    A batch is (codes (N, S), lengths (N), labels (N)), longest first, cut to its longest S.
    The lengths stay on the CPU: packing reads them there.
    """

    def __init__(
        self, codes: Tensor, lengths: Tensor, labels: Tensor, *, device: torch.device
    ) -> None:
        self.codes, self.labels = codes.to(device), labels.to(device)
        self.lengths = lengths.cpu()
        self.device = device

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        index = torch.tensor(indices)
        lengths, order = self.lengths[index].sort(descending=True)
        index = index[order].to(self.device)
        codes = self.codes.index_select(0, index)[:, : int(lengths[0])]
        return codes, lengths, self.labels.index_select(0, index)


def batched(
    dataset: InMemory | PaddedSequences, batch_size: int, *, shuffle: bool = False, seed: int = 0
) -> Batches:
    """A DataLoader of whole batches, the last one short if need be.

    The shuffle has a generator of its own, so that the order of the samples depends on the seed
    and the epoch alone.
    """
    order: RandomSampler | SequentialSampler = (
        RandomSampler(dataset, generator=torch.Generator().manual_seed(seed))
        if shuffle
        else SequentialSampler(dataset)
    )
    return DataLoader(
        dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None
    )

"""Data sets held in memory on the device, and torch's own DataLoader over them.

A DataLoader that fetches sample by sample runs Python code for each of them. Given a BatchSampler
as its ``sampler`` and ``batch_size=None`` it gives the data set the indices of a batch at once, and
the data set returns the batch with one gather.
"""

import math
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
)

Batches = DataLoader[Any]


def _to_device(index: Tensor, device: torch.device) -> Tensor:
    """Indices to where the data is; from pageable memory the copy would wait for the GPU."""
    if device.type == "cuda" and index.is_cpu:
        return index.pin_memory().to(device, non_blocking=True)
    return index.to(device)


class DeviceDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors on a device, the samples along their first dimension; indexed by a list or tensor."""

    def __init__(self, *tensors: Tensor, device: torch.device) -> None:
        self.tensors = tuple(tensor.to(device) for tensor in tensors)
        self.device = device

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, indices: list[int] | Tensor) -> tuple[Tensor, ...]:
        index = _to_device(torch.as_tensor(indices), self.device)
        return tuple(tensor.index_select(0, index) for tensor in self.tensors)


class RandomTranslation(DeviceDataset):
    """Images (N, 1, H, W) that are moved by up to ``shift`` pixels each way, anew for every batch.

    What enters from outside has the value ``background``. ``generator`` draws the moves.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        shift: int,
        background: float,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        padded = F.pad(images.squeeze(1), (shift, shift, shift, shift), value=background)
        super().__init__(padded, labels, device=device)
        height, width = images.shape[2:]
        self.shift, self.generator = shift, generator
        self.rows = torch.arange(height, device=device).view(1, height, 1)
        self.columns = torch.arange(width, device=device).view(1, 1, width)

    def __getitem__(self, indices: list[int] | Tensor) -> tuple[Tensor, ...]:
        moves = torch.randint(
            0, 2 * self.shift + 1, (2, len(indices), 1, 1), generator=self.generator
        )
        down, right = _to_device(moves, self.device)
        index = _to_device(torch.as_tensor(indices), self.device)
        images = self.tensors[0][index.view(-1, 1, 1), self.rows + down, self.columns + right]
        return images.unsqueeze(1), self.tensors[1].index_select(0, index)


class PaddedSequences(Dataset[tuple[Tensor, ...]]):
    """Sequences of different lengths, padded, as pack_padded_sequence takes them.

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
        index = _to_device(index[order], self.device)
        codes = self.codes.index_select(0, index)[:, : int(lengths[0])]
        return codes, lengths, self.labels.index_select(0, index)


class CharDropout(PaddedSequences):
    """Sequences in which a ``share`` of the codes, drawn anew for every batch, is ``unknown``."""

    def __init__(
        self,
        codes: Tensor,
        lengths: Tensor,
        labels: Tensor,
        *,
        share: float,
        unknown: int,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        super().__init__(codes, lengths, labels, device=device)
        self.share, self.unknown, self.generator = share, unknown, generator

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        codes, lengths, labels = super().__getitem__(indices)
        dropped = torch.rand(codes.shape, generator=self.generator) < self.share
        return codes.masked_fill(_to_device(dropped, self.device), self.unknown), lengths, labels


class LengthBucketSampler(Sampler[list[int]]):
    """Batches of sequences that are about equally long, in random order.

    A shuffled epoch is cut into pools of ``pool`` batches, each pool sorted by length and cut into
    batches: most of the short last steps of packed sequences are gone, and the batches still
    differ from epoch to epoch.
    """

    def __init__(
        self, lengths: Tensor, batch_size: int, *, generator: torch.Generator, pool: int = 16
    ) -> None:
        self.lengths, self.batch_size = lengths, batch_size
        self.generator, self.pool = generator, pool

    def __len__(self) -> int:
        return math.ceil(len(self.lengths) / self.batch_size)

    def __iter__(self) -> Iterator[list[int]]:
        order = torch.randperm(len(self.lengths), generator=self.generator)
        batches: list[Tensor] = []
        for pool in order.split(self.pool * self.batch_size):
            by_length = pool[self.lengths[pool].argsort(stable=True)]
            batches += by_length.split(self.batch_size)
        for index in torch.randperm(len(batches), generator=self.generator).tolist():
            yield batches[index].tolist()


class EpochOnDevice(Sampler[Tensor]):
    """Batches of an order, which goes to the device once an epoch."""

    def __init__(self, order: Sampler[int], batch_size: int, device: torch.device) -> None:
        self.order, self.batch_size, self.device = order, batch_size, device

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Tensor]:
        order = _to_device(torch.tensor(list(self.order)), self.device)
        yield from order.split(self.batch_size)


def make_loader(
    dataset: DeviceDataset | PaddedSequences,
    batch_size: int,
    *,
    shuffle: torch.Generator | None = None,
    buckets: bool = False,
) -> Batches:
    """A DataLoader of whole batches, the last one short if need be.

    The generator ``shuffle`` draws the order, which is that of the data set without one;
    ``buckets`` (of PaddedSequences) shuffles so that lengths go together.
    """
    batch_size = min(batch_size, len(dataset)) or 1
    # a loader draws a seed for worker processes, of which there are none: not from torch's global
    # generator, from which another run may be drawing its weights
    unused = torch.Generator()
    if buckets:
        assert isinstance(dataset, PaddedSequences)
        assert shuffle is not None
        by_length = LengthBucketSampler(dataset.lengths, batch_size, generator=shuffle)
        return DataLoader(dataset, sampler=by_length, batch_size=None, generator=unused)
    order: RandomSampler | SequentialSampler = (
        RandomSampler(dataset, generator=shuffle) if shuffle else SequentialSampler(dataset)
    )
    sampler: Sampler[Any] = BatchSampler(order, batch_size, drop_last=False)
    if isinstance(dataset, DeviceDataset) and dataset.device.type != "cpu":
        sampler = EpochOnDevice(order, batch_size, dataset.device)
    return DataLoader(dataset, sampler=sampler, batch_size=None, generator=unused)

"""Data held in memory on the device, and torch's own DataLoader over it.

A DataLoader that fetches sample by sample pays Python for each of them. Given a BatchSampler as its
``sampler`` and ``batch_size=None`` it hands the data set a whole batch of indices at once, and the
data set answers with one gather.
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


def _moved(index: Tensor, device: torch.device) -> Tensor:
    """Indices to where the data lies; from pageable memory the copy would wait for the GPU."""
    if device.type == "cuda":
        return index.pin_memory().to(device, non_blocking=True)
    return index.to(device)


class InMemory(Dataset[tuple[Tensor, ...]]):
    """Tensors with the samples along their first dimension; asked with a list of indices."""

    def __init__(self, *tensors: Tensor, device: torch.device) -> None:
        self.tensors = tuple(tensor.to(device) for tensor in tensors)
        self.device = device

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        index = _moved(torch.tensor(indices), self.device)
        return tuple(tensor.index_select(0, index) for tensor in self.tensors)


class ShiftedImages(InMemory):
    """Images (N, 1, H, W) that move by up to ``shift`` pixels each way whenever they're asked for.

    What comes in from outside has the value ``background``. Shifts have a generator of their own.
    """

    def __init__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        shift: int,
        background: float,
        seed: int,
        device: torch.device,
    ) -> None:
        margins = F.pad(images.squeeze(1), (shift, shift, shift, shift), value=background)
        super().__init__(margins, labels, device=device)
        height, width = images.shape[2:]
        self.shift = shift
        self.rows = torch.arange(height, device=device).view(1, height, 1)
        self.columns = torch.arange(width, device=device).view(1, 1, width)
        self.generator = torch.Generator().manual_seed(seed)

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        moves = torch.randint(
            0, 2 * self.shift + 1, (2, len(indices), 1, 1), generator=self.generator
        )
        down, right = _moved(moves, self.device)
        index = _moved(torch.tensor(indices), self.device)
        images = self.tensors[0][index.view(-1, 1, 1), self.rows + down, self.columns + right]
        return images.unsqueeze(1), self.tensors[1].index_select(0, index)


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
        index = _moved(index[order], self.device)
        codes = self.codes.index_select(0, index)[:, : int(lengths[0])]
        return codes, lengths, self.labels.index_select(0, index)


class MaskedSequences(PaddedSequences):
    """Sequences in which a share of the codes, drawn anew for every batch, becomes ``unknown``."""

    def __init__(
        self,
        codes: Tensor,
        lengths: Tensor,
        labels: Tensor,
        *,
        share: float,
        unknown: int,
        seed: int,
        device: torch.device,
    ) -> None:
        super().__init__(codes, lengths, labels, device=device)
        self.share, self.unknown = share, unknown
        self.generator = torch.Generator().manual_seed(seed)

    def __getitem__(self, indices: list[int]) -> tuple[Tensor, ...]:
        codes, lengths, labels = super().__getitem__(indices)
        hidden = torch.rand(codes.shape, generator=self.generator) < self.share
        return codes.masked_fill(_moved(hidden, self.device), self.unknown), lengths, labels


class LengthBuckets(Sampler[list[int]]):
    """Batches of sequences that are about equally long, in random order.

    A shuffled epoch is cut into pools of ``pool`` batches, each pool sorted by length and cut into
    batches: most of the packing's short last steps are gone, and the batches still differ.
    """

    def __init__(
        self, lengths: Tensor, batch_size: int, *, generator: torch.Generator, pool: int = 16
    ) -> None:
        self.lengths, self.batch_size, self.generator, self.pool = (
            lengths,
            batch_size,
            generator,
            pool,
        )

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


def batched(
    dataset: InMemory | PaddedSequences,
    batch_size: int,
    *,
    shuffle: bool = False,
    buckets: bool = False,
    seed: int = 0,
) -> Batches:
    """A DataLoader of whole batches, the last one short if need be.

    The shuffle has a generator of its own, so that the order of the samples depends on the seed
    and the epoch alone. ``buckets`` (of PaddedSequences) shuffles so that lengths go together.
    """
    generator = torch.Generator().manual_seed(seed)
    if buckets:
        assert isinstance(dataset, PaddedSequences)
        sampler: Sampler[list[int]] = LengthBuckets(
            dataset.lengths, batch_size, generator=generator
        )
        return DataLoader(dataset, sampler=sampler, batch_size=None)
    order: RandomSampler | SequentialSampler = (
        RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
    )
    return DataLoader(
        dataset, sampler=BatchSampler(order, batch_size, drop_last=False), batch_size=None
    )


def generators(batches: Batches) -> list[torch.Generator]:
    """What order and samples are drawn from: between two epochs, all that the batches change."""
    order = batches.sampler
    drawing = (order, getattr(order, "sampler", None), batches.dataset)
    found = [getattr(each, "generator", None) for each in drawing]
    return [generator for generator in found if generator is not None]

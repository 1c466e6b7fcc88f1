"""Parts of a data set that are held out of the training, each class in its share."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor

from ptnotes.errors import DataError


@dataclass(frozen=True)
class Split:
    """Indices (N) into a data set, ascending: those to train on, and those held out."""

    train: Tensor
    held_out: Tensor

    def sha256(self) -> str:
        """The checksum of the indices that are held out, as int64, little-endian."""
        return hashlib.sha256(self.held_out.numpy().astype("<i8").tobytes()).hexdigest()

    def described(self) -> dict[str, object]:
        """For a configuration: how many samples are held out, and the checksum of the indices."""
        return {"validation_samples": len(self.held_out), "validation_sha256": self.sha256()}


def stratified_split(labels: Tensor, held_out: float, rng: torch.Generator) -> Split:
    """Hold out that many samples, or below 1 that share of them, drawn by ``rng`` class by class.

    ``labels`` (N) are integers. The numbers of the classes are proportional to their sizes: the
    largest remainders are rounded up. Raises DataError if nothing is left on one side.
    """
    count = round(len(labels) * held_out) if held_out < 1 else int(held_out)
    if not 0 < count < len(labels):
        part = f"{held_out:.0%}" if held_out < 1 else f"{count}"
        raise DataError(f"{len(labels)} samples are too few to hold {part} of them out")
    orders = _shuffled_by_class(labels, rng)
    exact = [len(order) * count / len(labels) for order in orders]
    numbers = [int(each) for each in exact]
    by_remainder = sorted(range(len(exact)), key=lambda at: numbers[at] - exact[at])
    for at in by_remainder[: count - sum(numbers)]:
        numbers[at] += 1
    chosen = torch.cat([order[:number] for order, number in zip(orders, numbers, strict=True)])
    return _split(len(labels), chosen)


def stratified_folds(labels: Tensor, folds: int, rng: torch.Generator) -> list[Split]:
    """Every sample is held out in one of ``folds``, drawn by ``rng`` class by class.

    ``labels`` (N) are integers; two folds differ by one sample at most, in all and in a class.
    Raises DataError for more folds than samples.
    """
    if not 1 < folds <= len(labels):
        raise DataError(f"{len(labels)} samples can't be cut into {folds} folds")
    dealt = torch.cat(_shuffled_by_class(labels, rng))  # as cards are: one to each in turn
    return [_split(len(labels), dealt[first::folds]) for first in range(folds)]


def _shuffled_by_class(labels: Tensor, rng: torch.Generator) -> list[Tensor]:
    orders = []
    for label in labels.unique(sorted=True).tolist():
        members = (labels == label).nonzero().flatten()
        orders.append(members[torch.randperm(len(members), generator=rng)])
    return orders


def _split(count: int, chosen: Tensor) -> Split:
    held_out = chosen.sort().values
    is_train = torch.ones(count, dtype=torch.bool)
    is_train[held_out] = False
    return Split(is_train.nonzero().flatten(), held_out)

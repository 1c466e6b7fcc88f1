"""The notes' own training loops, corrected only to run: what ours are measured against.

Each function prepares what comes before the loop and returns an epoch of training, which stops
after ``steps`` batches if asked to.
"""

import csv
import gzip
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn, optim
from torch.nn.utils.rnn import pack_padded_sequence
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms

from ptnotes.models.mnist import MODELS
from ptnotes.topics.names import RNNClassifier

Epoch = Callable[[int | None], float]  # batches, or None for all → seconds
Loop = Callable[[int | None], None]


def epoch_of(topic: str, data_dir: Path) -> Epoch:
    """The notes' epoch of a topic, with a clock around it."""
    loop = names(data_dir) if topic == "names" else mnist(topic, data_dir)

    def epoch(steps: int | None) -> float:
        started = time.perf_counter()
        loop(steps)
        return time.perf_counter() - started

    return epoch


def mnist(arch: str, data_dir: Path) -> Loop:
    """Lines 540-554 and 672-674: per image ToTensor and Normalize, loss.item() every step."""
    transform = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))]
    )
    dataset = datasets.MNIST(root=str(data_dir), train=True, download=False, transform=transform)
    loader = DataLoader(dataset, shuffle=True, batch_size=64)
    model = MODELS[arch]()
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=0.5)

    def epoch(steps: int | None) -> None:
        running_loss = 0.0
        for inputs, target in itertools.islice(loader, steps):
            optimizer.zero_grad()
            outputs = model(inputs)
            loss = criterion(outputs, target)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()

    return epoch


class NameDataset(Dataset[tuple[str, int]]):
    """Line 1120; read by csv instead of pandas, before the clock starts."""

    def __init__(self, path: Path) -> None:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        self.names = [name for name, _ in rows]
        self.countries = [country for _, country in rows]
        self.country_list = sorted(set(self.countries))
        self.country_dict = {country: index for index, country in enumerate(self.country_list)}

    def __getitem__(self, idx: int) -> tuple[str, int]:
        return self.names[idx], self.country_dict[self.countries[idx]]

    def __len__(self) -> int:
        return len(self.names)


def make_tensors(
    names: list[str], countries: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Line 1120: codes (S, N) row by row, lengths and labels, longest first."""
    sequences_and_lengths = [([ord(c) for c in name], len(name)) for name in names]
    name_sequences = [sl[0] for sl in sequences_and_lengths]
    seq_lengths = torch.LongTensor([sl[1] for sl in sequences_and_lengths])
    seq_tensor = torch.zeros(len(name_sequences), int(seq_lengths.max().item())).long()
    for idx, (seq, seq_len) in enumerate(zip(name_sequences, seq_lengths, strict=True)):
        seq_tensor[idx, :seq_len] = torch.LongTensor(seq)
    seq_lengths, perm_idx = seq_lengths.sort(dim=0, descending=True)
    return seq_tensor[perm_idx], seq_lengths, countries.long()[perm_idx]


def names(data_dir: Path) -> Loop:
    """Line 1120, trainModel(); its forward packs what its embedding made of (S, N) codes."""
    trainset = NameDataset(data_dir / "names_train.csv.gz")
    loader = DataLoader(trainset, batch_size=256, shuffle=True)
    classifier = RNNClassifier(len(trainset.country_list))
    criterion = nn.CrossEntropyLoss()
    optimizer = optim.Adam(classifier.parameters(), lr=0.001)

    def forward(codes: torch.Tensor, seq_lengths: torch.Tensor) -> torch.Tensor:
        hidden = torch.zeros(4, len(codes), 100)
        packed = pack_padded_sequence(classifier.embedding(codes.t()), seq_lengths)
        _, hidden = nn.GRU.forward(classifier.gru, packed, hidden)  # torch's own
        return classifier.fc(torch.cat([hidden[-1], hidden[-2]], dim=1))

    def epoch(steps: int | None) -> None:
        total_loss = 0.0
        for batch, countries in itertools.islice(loader, steps):
            inputs, seq_lengths, target = make_tensors(batch, countries)
            output = forward(inputs, seq_lengths)
            optimizer.zero_grad()
            loss = criterion(output, target)
            loss.backward()
            optimizer.step()
            total_loss += loss.item()

    return epoch

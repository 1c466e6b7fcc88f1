"""Surname → country: a bidirectional GRU on packed sequences (notes, lines 1093-1123)."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from ptnotes.datasets import names
from ptnotes.engine.device import environment, prepare, seed_streams, seed_weights
from ptnotes.engine.loading import CharDropout, PaddedSequences, make_loader
from ptnotes.engine.loop import LossMeter, evaluate, evaluate_at_end
from ptnotes.engine.metrics import (
    classification_report,
    predict_class,
    predict_logits,
    wilson_interval,
)
from ptnotes.engine.optimizers import make_optimizer, make_schedule
from ptnotes.engine.shards import Shards
from ptnotes.engine.splits import stratified_split
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import (
    EpochRow,
    Event,
    Header,
    Marked,
    Progress,
    Result,
    Table,
    config_of,
)
from ptnotes.models.packed_gru import PackedGRU


@dataclass(frozen=True)
class Recipe:
    """AdamW, which without ``weight_decay`` is Adam.

    ``buckets`` makes batches of names that are about equally long; ``masked`` is the share of
    characters that become unknown while training. ``validation``, a number of training names or a
    share of them, is held out to judge every epoch by; ``save_best`` chooses one by it,
    ``patience`` ends the training when so many were no better.
    """

    name: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str = "adamw"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: str = "constant"
    label_smoothing: float = 0.0
    buckets: bool = False
    masked: float = 0.0
    shards: int = 2
    precision: str = "fp32"
    validation: float = 0
    save_best: bool = False
    patience: int = 0
    seed: int = 0


# tuned: chosen on a fifth of the training file (docs/benchmarks.md)
RECIPES = {
    "notes": Recipe("notes", epochs=100, batch_size=256, lr=0.001),
    "tuned": Recipe(
        "tuned",
        epochs=10,
        batch_size=256,
        lr=0.005,
        weight_decay=0.01,
        schedule="one-cycle",
        label_smoothing=0.1,
        buckets=True,
        masked=0.05,
    ),
}
UNSUPPORTED = ("mps",)  # packed sequences fail there or give wrong numbers
# the best test accuracy and that of the last epoch which others published for the notes' program
PUBLISHED = [0.8376, 0.8442]
SHOWN = 10  # names with their predictions
HIDDEN_SIZE = 100
LAYERS = 2


class RNNClassifier(nn.Module):
    """Embedding, a two-layer bidirectional GRU, a linear head (notes, line 1120)."""

    def __init__(self, countries: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(names.CHARACTERS, HIDDEN_SIZE)
        self.gru = PackedGRU(HIDDEN_SIZE, HIDDEN_SIZE, LAYERS, bidirectional=True)
        self.fc = nn.Linear(2 * HIDDEN_SIZE, countries)

    def forward(self, codes: Tensor, lengths: Tensor) -> Tensor:
        """Codes (N, S), lengths (N) on the CPU in descending order → logits (N, countries)."""
        packed = pack_padded_sequence(codes.t(), lengths)  # of codes: the GRU embeds each once
        _, hidden = self.gru(packed, embedding=self.embedding)  # (layers · 2 directions, N, 100)
        both = torch.cat([hidden[-1], hidden[-2]], dim=1)  # (N, 200)
        return self.fc(both)  # type: ignore[no-any-return]


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The untrained network of a run with these classes."""
    return RNNClassifier(len(classes))


def training_set(
    surnames: names.Names, masked: float, rng: torch.Generator, device: torch.device
) -> PaddedSequences:
    """Names to train on; with a share of their characters ``masked``, anew for every batch."""
    if not masked:
        return PaddedSequences(*surnames, device=device)
    return CharDropout(*surnames, share=masked, unknown=names.UNKNOWN, generator=rng, device=device)


def some_predictions(shards: Shards, surnames: PaddedSequences, classes: tuple[str, ...]) -> Table:
    """SHOWN names, evenly spaced, with their countries and the predicted ones."""
    shown = torch.linspace(0, len(surnames) - 1, SHOWN).int().unique().tolist()
    codes, lengths, labels = surnames[shown]  # the longest first
    predicted = predict_class(shards.forward(codes, lengths)).tolist()
    rows = []
    for index in labels.argsort(stable=True).tolist():
        name = names.decode(codes[index, : lengths[index]])
        country, guess = int(labels[index]), predicted[index]
        role = "good" if guess == country else "bad"
        rows.append((name, classes[country], Marked((classes[guess], role))))
    return Table("Names of the test set", ("name", "country", "predicted"), rows)


def run(
    recipe: Recipe,
    *,
    data: str = "names",
    device: str = "auto",
    threads: int | None = None,
    data_dir: Path | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; continues from the state ``resume``.

    Raises DataError, DeviceError, DivergedError, UsageError.
    """
    started = time.perf_counter()
    used_device = prepare(
        device=device, threads=threads, unsupported=UNSUPPORTED, precision=recipe.precision
    )
    streams = seed_streams(recipe.seed)

    # 1 data: codes (N, S), lengths (N), labels (N) of 13,374 and 6,700 names
    train_names, test_names, countries = names.read(data_dir)
    one_cycle = recipe.schedule == "one-cycle"
    config = config_of(recipe, one_cycle=one_cycle, device=str(used_device), data=data)
    if recipe.validation:
        split = stratified_split(train_names.labels, recipe.validation, streams.validation)
        held_out = train_names.at(split.held_out)
        train_names = train_names.at(split.train)
        config |= split.described()
    train_set = training_set(train_names, recipe.masked, streams.augmentation, used_device)
    train = make_loader(train_set, recipe.batch_size, shuffle=streams.order, buckets=recipe.buckets)

    test_set = PaddedSequences(*test_names, device=used_device)
    test = make_loader(test_set, recipe.batch_size)
    part, judged = "test", test
    if recipe.validation:
        held_out_set = PaddedSequences(*held_out, device=used_device)
        part, judged = "val", make_loader(held_out_set, recipe.batch_size)

    # 2 model
    with seed_weights(recipe.seed):
        model = RNNClassifier(len(countries)).to(used_device)

    # 3 loss and optimizer
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe.label_smoothing)
    optimizer = make_optimizer(
        recipe.optimizer,
        model.parameters(),
        lr=recipe.lr,
        momentum=recipe.momentum,
        nesterov=recipe.nesterov,
        weight_decay=recipe.weight_decay,
        fused=True,
    )
    scheduler = make_schedule(recipe.schedule, optimizer, steps=recipe.epochs * len(train))

    classes = tuple(countries)
    yield Header("names", config, environment(used_device), recipe.epochs, classes)
    training = TrainingState(
        model,
        optimizer,
        scheduler,
        started=started,
        generators=(streams.order, streams.augmentation),
        data=train_names,
        save_best=recipe.save_best,
        patience=recipe.patience,
    )
    yield from training.begin(resume)

    # 4 training cycle
    def loss_of(codes: Tensor, lengths: Tensor, labels: Tensor) -> Tensor:
        logits = model(codes, lengths)  # forward: (N, S), (N) → (N, 18)
        loss: Tensor = criterion(logits, labels)
        return loss

    with Shards(recipe.shards, model, criterion, precision=recipe.precision) as shards:
        for epoch in training.epochs(recipe.epochs):
            epoch_started = time.perf_counter()
            model.train()
            meter = LossMeter(epoch)
            for step, (codes, lengths, labels) in enumerate(train, start=1):
                optimizer.zero_grad()
                loss = shards.backward(loss_of, codes, lengths, labels)  # forward and backward
                optimizer.step()  # update
                if scheduler:
                    scheduler.step()
                meter.add(loss, len(labels))
                yield Progress(
                    epoch, step, len(train), loss=meter.so_far, batch_loss=meter.of_last_batch
                )
            trained = time.perf_counter()
            found = evaluate(shards, criterion, judged, epoch=epoch)
            row = EpochRow(
                epoch,
                train_loss=meter.mean(),
                train_seconds=trained - epoch_started,
                **found.columns(part, seconds=time.perf_counter() - trained),
            )
            yield from training.after(row)

        with training.chosen_weights():
            found = evaluate_at_end(shards, criterion, test, training.rows[-1])
            logits, labels = predict_logits(shards, test)
            shown = some_predictions(shards, test_set, classes)
    measured: dict[str, Any] = {
        "test_accuracy": found.accuracy,
        "test_accuracy_interval": wilson_interval(found.accuracy, len(labels)),
    }
    if (
        not recipe.validation
    ):  # what the notes' program reports, though it is chosen on the test set
        best = max(training.rows, key=lambda row: row.test_accuracy)
        measured |= {"best_test_accuracy": best.test_accuracy, "best_epoch": best.epoch}
    if recipe.name == "notes" and data == "names" and not recipe.validation:
        measured["published_accuracy"] = PUBLISHED
    yield shown
    report = classification_report(predict_class(logits), labels, classes)
    yield Result(measured | training.choice() | training.totals() | report)

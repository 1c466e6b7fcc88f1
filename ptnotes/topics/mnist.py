"""Handwritten digits with four networks: fully connected, CNN, Inception, ResNet
(notes, lines 531-744).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.datasets import mnist
from ptnotes.engine.device import environment, prepare, seed_streams, seed_weights
from ptnotes.engine.loading import Batches, DeviceDataset, RandomTranslation, make_loader
from ptnotes.engine.loop import LossMeter, evaluate, evaluate_at_end
from ptnotes.engine.metrics import (
    classification_report,
    most_confident_errors,
    predict_class,
    predict_logits,
    wilson_interval,
)
from ptnotes.engine.optimizers import make_optimizer, make_schedule
from ptnotes.engine.shards import Shards
from ptnotes.engine.splits import stratified_split
from ptnotes.engine.state import State, TrainingState
from ptnotes.events import EpochRow, Event, Header, Progress, Result, config_of
from ptnotes.models.mnist import MODELS
from ptnotes.stats import channel_stats

# mean and standard deviation of MNIST's training pixels, as the notes have them (line 542)
MEAN, STD = 0.1307, 0.3081
# test accuracies that others published for the notes' networks and recipe
PUBLISHED = {"mlp": [0.97, 0.9773], "cnn": [0.9857, 0.9883], "inception": [0.9858, 0.9891]}
TEST_BATCH_SIZE = 1000  # no effect on the training


@dataclass(frozen=True)
class Recipe:
    """``shift`` moves every training image by so many pixels at most, each way; with ``precision``
    "bf16" the products are of bfloat16. ``validation``, a number of training images or a share of
    them, is held out to judge every epoch by; ``save_best`` chooses one by it, ``patience`` ends
    the training when so many were no better.
    """

    name: str
    arch: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str = "sgd"
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    schedule: str = "constant"
    label_smoothing: float = 0.0
    shift: int = 0
    shards: int = 2
    precision: str = "fp32"
    validation: float = 0
    save_best: bool = False
    patience: int = 0
    seed: int = 0


NOTES = Recipe("notes", "cnn", epochs=10, batch_size=64, lr=0.01, momentum=0.5)
# chosen on the last 10,000 training images (docs/benchmarks.md); at lr 0.1 a seed in eight diverges
TUNED = Recipe(
    "tuned",
    "cnn",
    epochs=3,
    batch_size=128,
    lr=0.08,
    momentum=0.9,
    nesterov=True,
    weight_decay=5e-4,
    schedule="one-cycle",
    shift=1,
)
VARIANTS = {"arch": "cnn"}
RECIPES = {
    "notes": {arch: replace(NOTES, arch=arch) for arch in MODELS},
    "tuned": {
        "mlp": replace(TUNED, arch="mlp", epochs=5, label_smoothing=0.05),
        "cnn": TUNED,
        "inception": replace(TUNED, arch="inception", batch_size=64, lr=0.05),
        "resnet": replace(TUNED, arch="resnet", epochs=4, label_smoothing=0.05),
    },
}


def normalization(images: Tensor, data: str) -> tuple[float, float]:
    """The notes' mean and standard deviation for digits, else those of the images (N, 28, 28)."""
    if data in ("mnist", "sample"):
        return MEAN, STD
    stats = channel_stats([images.unsqueeze(1)], layout="NCHW")
    return round(stats.mean[0], 4), round(stats.std[0], 4)


def training_set(pixels: Tensor, labels: Tensor, shift: int, rng: torch.Generator) -> DeviceDataset:
    """Normalized images (N, 1, 28, 28) and labels; moved by up to ``shift`` pixels, if asked to."""
    if not shift:
        return DeviceDataset(pixels, labels, device=pixels.device)
    black = pixels.min().item()  # as it is after normalization
    return RandomTranslation(
        pixels, labels, shift=shift, background=black, generator=rng, device=pixels.device
    )


def build_model(config: Mapping[str, Any], classes: Sequence[str]) -> nn.Module:
    """The untrained network of a run with this configuration."""
    model: nn.Module = MODELS[config["arch"]]()
    return model


def run(
    recipe: Recipe,
    *,
    data: str = "mnist",
    device: str = "auto",
    threads: int | None = None,
    data_dir: Path | None = None,
    resume: State | None = None,
) -> Iterator[Event]:
    """Yields a row per epoch; continues from the state ``resume``.

    Raises DataError, DeviceError, DivergedError, UsageError.
    """
    started = time.perf_counter()
    used_device = prepare(device=device, threads=threads, precision=recipe.precision)
    streams = seed_streams(recipe.seed)

    # 1 data
    name = "mnist" if data == "sample" else data
    images, labels = mnist.read(data_dir, "train", name)  # (60000, 28, 28) uint8, (60000)
    one_cycle = recipe.schedule == "one-cycle"
    config = config_of(recipe, one_cycle=one_cycle, device=str(used_device), data=data)
    if recipe.validation:
        split = stratified_split(labels, recipe.validation, streams.validation)
        held_out = images[split.held_out], labels[split.held_out]
        images, labels = images[split.train], labels[split.train]
        config |= split.described()
    mean, std = normalization(images, data)
    pixels = mnist.normalize(images, mean, std, used_device)  # (60000, 1, 28, 28)
    train_set = training_set(pixels, labels, recipe.shift, streams.augmentation)
    train = make_loader(train_set, recipe.batch_size, shuffle=streams.order)
    test_images, test_labels = mnist.read(data_dir, "t10k", name)  # (10000, 28, 28), (10000)

    def in_order(images: Tensor, labels: Tensor) -> Batches:
        pixels = mnist.normalize(images, mean, std, used_device)
        return make_loader(DeviceDataset(pixels, labels, device=used_device), TEST_BATCH_SIZE)

    test = in_order(test_images, test_labels)
    part, judged = ("val", in_order(*held_out)) if recipe.validation else ("test", test)

    # 2 model; channels_last is the layout that the fast convolution kernels take
    with seed_weights(recipe.seed):
        model: nn.Module = MODELS[recipe.arch]()
    model.to(used_device, memory_format=torch.channels_last)  # type: ignore[call-overload]

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

    classes = mnist.CLASS_NAMES[name]
    config |= {"mean": mean, "std": std}
    yield Header("mnist", config, environment(used_device), recipe.epochs, classes)
    training = TrainingState(
        model,
        optimizer,
        scheduler,
        started=started,
        generators=(streams.order, streams.augmentation),
        data=(images, labels),
        save_best=recipe.save_best,
        patience=recipe.patience,
    )
    yield from training.begin(resume)

    # 4 training cycle
    def loss_of(images: Tensor, labels: Tensor) -> Tensor:
        logits = model(images)  # forward: (N, 1, 28, 28) → (N, 10)
        loss: Tensor = criterion(logits, labels)
        return loss

    with Shards(
        recipe.shards, model, criterion, precision=recipe.precision, captured=True
    ) as shards:
        for epoch in training.epochs(recipe.epochs):
            epoch_started = time.perf_counter()
            model.train()
            meter = LossMeter(epoch)
            for step, (images, labels) in enumerate(train, start=1):
                optimizer.zero_grad()
                loss = shards.backward(loss_of, images, labels)  # forward and backward
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
    yield most_confident_errors(logits, labels, test_images, classes)
    measured: dict[str, Any] = {
        "test_accuracy": found.accuracy,
        "test_accuracy_interval": wilson_interval(found.accuracy, len(labels)),
        "test_loss": found.loss,
    }
    as_published = recipe.name == "notes" and data == "mnist" and not recipe.validation
    if as_published and recipe.arch in PUBLISHED:
        measured["published_accuracy"] = PUBLISHED[recipe.arch]
    report = classification_report(predict_class(logits), labels, classes)
    yield Result(measured | training.choice() | training.totals() | report)

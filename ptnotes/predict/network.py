"""The trained network of a run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes import topics
from ptnotes.errors import DataError, UsageError
from ptnotes.runs import document as documents
from ptnotes.runs import schema
from ptnotes.runs.checkpoint import load_checkpoint
from ptnotes.runs.document import Document
from ptnotes.topics import PREDICTING


def load(run: Path, *, best: bool = False) -> tuple[Document, nn.Module]:
    """A run's document, and its network in eval mode on the CPU: of the last or the best epoch.

    Raises DataError if a file is missing or damaged, or does not match the document; UsageError
    for a run of a topic that takes no input, and for a best epoch that was not saved.
    """
    document = schema.read(run)
    check_topic(document, str(run))
    weights = read_weights(run, best=best)
    try:
        return document, build(document, weights)
    except DataError as error:
        raise DataError(f"{_weights_file(run, best)}: {error}") from error


def read_weights(run: Path, *, best: bool = False) -> dict[str, Tensor]:
    """The weights that a run's result is measured with: of its last epoch, or the best one if it
    chose one on validation data. ``best`` demands those. Raises DataError, UsageError.
    """
    if best and not (os.path.exists(run / documents.BEST) or chooses(documents.read(run))):
        raise UsageError(
            f"{run} keeps no best epoch: train the run with --validation and --save-best"
        )
    weights: dict[str, Tensor] = load_checkpoint(_weights_file(run, best))
    return weights


def _weights_file(run: Path, best: bool) -> Path:
    """Runs of older versions chose on the test set, and have the best weights apart."""
    apart = best and os.path.exists(run / documents.BEST)
    return run / (documents.BEST if apart else documents.MODEL)


def chooses(document: Document) -> bool:
    """Whether a run's weights are those of the epoch that was best on the validation data."""
    return "val_accuracy" in document["run"].get("best", {})


def epoch_of_weights(document: Document, best: bool) -> str:
    """Whose the weights are that ``read_weights`` reads: "best" or "last"."""
    return "best" if best or chooses(document) else "last"


def build(document: Document, weights: dict[str, Tensor]) -> nn.Module:
    """The network that a run's document describes, with these weights, in eval mode on the CPU.

    Reads ``topic``, ``config`` and ``run.classes`` of the document, for every trained topic.
    Raises DataError if the weights are of another network.
    """
    lesson = topics.module(document["topic"])
    described = document["config"], document["run"]["classes"]
    try:
        with torch.device("meta"):  # no memory: thousands of classes may be none of the weights'
            shapes = _shapes(lesson.build_model(*described).state_dict())
    except KeyError as error:
        raise DataError(f"{documents.DOCUMENT} names no network: there is no {error}") from error
    if _shapes(weights) != shapes:
        raise DataError(f"the weights are not of the network that {documents.DOCUMENT} describes")
    with torch.random.fork_rng(devices=[]):  # the weights that it draws are replaced
        network: nn.Module = lesson.build_model(*described)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:  # of quantized tensors, of tensors without memory
        raise DataError("the weights are no plain tensors") from error
    return network.eval()


def _shapes(weights: Any) -> dict[str, Any]:
    """Of dense tensors of floats, by name; None for what is none."""

    def plain(value: Any) -> bool:
        return (
            isinstance(value, Tensor)
            and value.is_floating_point()
            and value.layout == torch.strided
        )

    items = weights.items() if isinstance(weights, dict) else ()
    return {name: tuple(each.shape) if plain(each) else None for name, each in items}


def check_classes(classes: Sequence[str], outputs: int) -> None:
    """Raises DataError for a run whose classes are not as many as its network's outputs."""
    if len(classes) != outputs:
        raise DataError(f"the run has {len(classes)} classes, and its network {outputs} outputs")


def check_topic(document: Document, run: str = "this") -> None:
    """Raises UsageError for a run of a topic that takes no input; ``run`` names it."""
    if document["topic"] not in PREDICTING:
        topic, taken = document["topic"], ", ".join(PREDICTING)
        raise UsageError(f"{run} is a run of {topic}: predict takes {taken}")

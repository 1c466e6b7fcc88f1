"""Inputs of a trained run → class probabilities: images, surnames, rows of features."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import torch
from torch import Tensor, nn

from ptnotes.datasets import mnist, names
from ptnotes.engine.shards import one_thread
from ptnotes.errors import DataError, UsageError
from ptnotes.frames import frame
from ptnotes.predict import images, text_inputs
from ptnotes.predict.network import check_classes, check_topic
from ptnotes.predict.text_inputs import FEATURES, Rejected, Stdin
from ptnotes.runs.document import Document

if TYPE_CHECKING:
    import pandas as pd

CPU = torch.device("cpu")
CHUNK = 1024  # names read before the first of them is predicted; rows of features at once
BATCH_SIZE = 256


@dataclass(frozen=True)
class Prediction:
    """One input: its probabilities, one per class; and for an image, what the network sees of it,
    and how many separate figures are in it.
    """

    input: str
    probabilities: Tensor  # (classes)
    image: Tensor | None = None  # (28, 28) uint8
    figures: int = 1

    def ranked(self, classes: Sequence[str]) -> dict[str, float]:
        """Label → probability, the most probable first. Raises DataError for other classes."""
        check_classes(classes, len(self.probabilities))
        pairs = zip(classes, self.probabilities.tolist(), strict=True)
        return dict(sorted(pairs, key=lambda pair: -pair[1]))


@torch.inference_mode()
def predictions(
    document: Document, network: nn.Module, inputs: Sequence[str], *, stdin: Stdin
) -> Iterator[Prediction | Rejected]:
    """A Prediction per input, in order, by a network in eval mode on the CPU; or why it has none.

    For runs of mnist and diabetes the inputs are paths; for names they are the surnames. "-"
    stands for what ``stdin`` holds: a surname per line, or a table (a Prediction per row, or
    nothing but a Rejected). Raises UsageError.
    """
    check_topic(document)
    found: Iterator[Prediction | Rejected]
    match document["topic"]:
        case "mnist":
            found = _images(document["config"], network, inputs)
        case "names":
            surnames = text_inputs.surnames(inputs, stdin)
            found = _surnames(network, len(document["run"]["classes"]), surnames)
        case _:
            found = _tables(network, inputs, stdin)
    # two threads save a quarter of the time on idle cores, and take many times as long on busy ones
    with one_thread():
        for each in found:
            if isinstance(each, Prediction) and not torch.isfinite(each.probabilities).all():
                reason = "the probabilities are not finite: the network's weights have diverged"
                yield Rejected(each.input, DataError(f"{each.input}: {reason}"))
            else:
                yield each


def table(
    document: Document, network: nn.Module, inputs: str | Path | Sequence[str | Path]
) -> "pd.DataFrame":
    """A row per prediction: input, prediction, and probabilities (label → probability, of all
    classes, the most probable first).

    ``inputs`` as for ``predictions``, and one input on its own; nothing reads standard input.
    Raises DataError or UsageError of the first input that has no prediction.
    """

    given = [inputs] if isinstance(inputs, str | Path) else inputs
    classes = document["run"]["classes"]
    rows = []
    for each in predictions(document, network, [str(one) for one in given], stdin=_no_stdin):
        if isinstance(each, Rejected):
            raise each.error
        ranked = each.ranked(classes)
        rows.append((each.input, next(iter(ranked)), ranked))
    return frame(rows, ("input", "prediction", "probabilities"))


def _no_stdin() -> BinaryIO:
    raise UsageError("'-' is standard input on the command line only: name the inputs")


def _images(
    config: dict[str, Any], network: nn.Module, paths: Sequence[str]
) -> Iterator[Prediction | Rejected]:
    frame, mean, std = images.preparation(config)
    for path in paths:
        try:
            levels = images.read(Path(path))
        except DataError as error:
            yield Rejected(path, error)
            continue
        image = torch.from_numpy(images.center_in_frame(levels, frame))
        pixels = mnist.normalize(image.unsqueeze(0), mean, std, CPU)
        (probabilities,) = network(pixels).softmax(dim=1)
        # a shoe or a letter of KMNIST may be of several parts
        figures = images.figures(levels) if frame.by_mass else 1
        yield Prediction(path, probabilities, image, figures)


def _surnames(
    network: nn.Module, classes: int, found: Iterable[str | Rejected]
) -> Iterator[Prediction | Rejected]:
    remaining = iter(found)
    while chunk := list(islice(remaining, CHUNK)):
        good = [each for each in chunk if isinstance(each, str)]
        probabilities = iter(_of_names(network, classes, good) if good else ())
        for each in chunk:
            yield each if isinstance(each, Rejected) else Prediction(each, next(probabilities))


def _of_names(network: nn.Module, classes: int, found: list[str]) -> Tensor:
    """(names, classes)."""
    codes, lengths = names.pad([names.encode(name) for name in found])
    # longest first, as pack_padded_sequence requires; equal lengths share a batch
    order = lengths.argsort(descending=True, stable=True)
    probabilities = torch.empty(len(found), classes)
    for batch in order.split(BATCH_SIZE):
        longest = int(lengths[batch[0]])
        logits = network(codes[batch, :longest], lengths[batch])
        probabilities[batch] = logits.softmax(dim=1)
    return probabilities


def _tables(
    network: nn.Module, paths: Sequence[str], stdin: Stdin
) -> Iterator[Prediction | Rejected]:
    for path in paths:
        try:
            lines, values = text_inputs.features(path, stdin)
        except DataError as error:
            yield Rejected(path, error)
            continue
        rows = torch.frombuffer(values, dtype=torch.float32).view(-1, FEATURES)
        places = (f"{path}:{line}" for line in lines)
        for chunk in rows.split(CHUNK):
            of_one = network(chunk)  # (N, 1)
            probabilities = torch.cat([1 - of_one, of_one], dim=1)
            yield from map(Prediction, islice(places, len(chunk)), probabilities)

"""What goes through a network that is inspected: an input that was given, or one that stands for
all.
"""

import os
from dataclasses import dataclass
from typing import BinaryIO

import torch
from torch import Tensor, nn

from ptnotes.datasets import mnist, names
from ptnotes.errors import DataError, UsageError
from ptnotes.predict import text_inputs
from ptnotes.predict.images import preparation
from ptnotes.predict.inference import CPU, Prediction, predictions
from ptnotes.predict.text_inputs import FEATURES, Rejected
from ptnotes.runs.document import Document
from ptnotes.topics import PREDICTING, seq

TOPICS = ("linreg", "logistic", "diabetes", "mnist", "seq", "names")
SAMPLES = 64  # in the batches whose time is measured: those of the notes
EXAMPLE = "Yamamoto"  # where no surname is given
MAX_CHARACTERS = 40  # of a surname: each of its prefixes is predicted, and drawn


@dataclass(frozen=True)
class Sample:
    """One sample: ``inputs`` are the arguments of a call of the network with it, and ``many`` of a
    call with SAMPLES of it. A batch is their first axis if they are ``batched``.
    """

    name: str
    inputs: tuple[Tensor, ...]
    many: tuple[Tensor, ...]
    batched: bool = True
    prediction: Prediction | None = None


def check_topic(document: Document, run: str, given: str | None) -> None:
    """Raises UsageError for a topic that has no network, or none that takes such an input."""
    topic = document["topic"]
    if topic not in TOPICS:
        raise UsageError(f"{run} is a run of {topic}: inspect takes {', '.join(TOPICS)}")
    if given is not None and topic not in PREDICTING:
        taken = ", ".join(PREDICTING)
        raise UsageError(f"{run} is a run of {topic}, which takes no input: {taken} do")


@torch.inference_mode()
def sample(document: Document, network: nn.Module, given: str | None) -> Sample:
    """Of a topic in TOPICS: an image's file, a surname, or a CSV file, whose first row is taken, or
    that of ``FILE:LINE``; without one a black image, EXAMPLE, zeros, what the topic learns.

    Raises DataError, UsageError for one that can't be taken.
    """
    match document["topic"]:
        case "mnist":
            return _image(document, network, given)
        case "names":
            return _surname(document, network, given)
        case "diabetes":
            return _row(network, given)
        case "seq":
            return Sample("hello", (seq.X_DATA,), (seq.X_DATA,), batched=False)
        case _:
            return _batched("1", torch.ones(1, 1))


def _batched(name: str, *inputs: Tensor, prediction: Prediction | None = None) -> Sample:
    many = tuple(each.repeat(SAMPLES, *[1] * (each.dim() - 1)) for each in inputs)
    return Sample(name, inputs, many, prediction=prediction)


def _image(document: Document, network: nn.Module, given: str | None) -> Sample:
    if given is None:
        return _batched("28×28", torch.zeros(1, 1, 28, 28))
    prediction = _predicted(document, network, given)
    assert prediction.image is not None
    _, mean, std = preparation(document["config"])
    pixels = mnist.normalize(prediction.image.unsqueeze(0), mean, std, CPU)
    return _batched(given, pixels, prediction=prediction)


def _surname(document: Document, network: nn.Module, given: str | None) -> Sample:
    prediction = None if given is None else _predicted(document, network, given)
    name = prediction.input if prediction else EXAMPLE
    codes = names.encode(name)
    if len(codes) > MAX_CHARACTERS:
        has = f"'{name[:20]}…' has {len(codes)} characters"
        raise UsageError(f"{has}: inspect takes {MAX_CHARACTERS} at most")
    return _batched(name, *names.pad([codes]), prediction=prediction)


def _predicted(document: Document, network: nn.Module, given: str) -> Prediction:
    found = next(predictions(document, network, [given], stdin=_no_stdin))
    if isinstance(found, Rejected):
        raise found.error
    return found


def _row(network: nn.Module, given: str | None) -> Sample:
    if given is None:
        return _batched("8", torch.zeros(1, FEATURES))
    path, _, line = given.rpartition(":")
    chosen = line.isdecimal() and not os.path.exists(given)
    lines, values = text_inputs.features(path if chosen else given, _no_stdin)
    rows = torch.frombuffer(values, dtype=torch.float32).view(-1, FEATURES)
    if chosen and int(line) not in lines:
        raise DataError(f"{path} has no row of features on line {line}")
    row = rows[lines.index(int(line)) if chosen else 0].clone().unsqueeze(0)
    (of_one,) = network(row)
    return _batched(given, row, prediction=Prediction(given, torch.cat([1 - of_one, of_one])))


def _no_stdin() -> BinaryIO:
    raise UsageError("inspect reads no standard input: name an image, a surname or a file")

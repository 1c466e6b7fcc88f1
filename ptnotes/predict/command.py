"""``ptnotes predict``, from a run and its inputs to rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.datasets import names
from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.predict import images
from ptnotes.predict import text_inputs as lines
from ptnotes.predict.networks import load
from ptnotes.events import Event, Header, Result, Row, Table, column
from ptnotes.topics.mnist import normalized

TOP = 3
CHUNK = 1024  # names that are read before the first is predicted
BATCH = 256
SHADES = " ░▒▓█"
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Prediction(Row):
    """One input, its likeliest class, and at most three classes with their probabilities."""

    input: str = column("input", "<28")
    prediction: str = column("prediction", "<10")
    likely: str = column("top three", recorded=False)
    top: tuple[dict[str, Any], ...] = ()


def run(
    *, run: Path, inputs: Sequence[str], stdin: lines.Stdin, show: bool, best: bool
) -> Iterator[Event]:
    """A row per input. With ``show``, an image as the network saw it comes before its row.

    Images and tables are paths; surnames are the inputs themselves. "-" and, for surnames, no
    input stand for what ``stdin`` gives. Raises DataError, UsageError.
    """
    document, network = load(run, best=best)
    topic, config, classes = document["topic"], document["config"], document["run"]["classes"]
    if topic != "names" and not inputs:
        raise UsageError(f"{run} is a run of {topic}: name the files to predict from")
    if show and topic != "mnist":
        raise UsageError(f"--show draws images, and {run} is a run of {topic}")
    used = {"run": str(run), "trained": topic, "weights": "best" if best else "last"}
    used |= {name: config[name] for name in ("arch", "recipe", "data") if name in config}
    yield Header("predict", used, environment(CPU), rows_in_result="")
    with torch.inference_mode():
        match topic:
            case "mnist":
                yield from _digits(network, config, classes, inputs, show)
            case "names":
                yield from _surnames(network, classes, lines.surnames(inputs, stdin))
            case "diabetes":
                yield from _tables(network, classes, inputs, stdin)
    yield Result({})


def _digits(
    network: nn.Module,
    config: dict[str, Any],
    classes: list[str],
    paths: Sequence[str],
    show: bool,
) -> Iterator[Event]:
    for path in paths:
        image = torch.from_numpy(images.read(Path(path), images.FORMS[config["data"]]))
        if show:
            yield Table(path, ("what the network saw",), [(_blocks(image),)])
        pixels = normalized(image.unsqueeze(0), config["mean"], config["std"], CPU)
        (probabilities,) = network(pixels).softmax(dim=1)
        yield _row(path, probabilities, classes)


def _blocks(image: Tensor) -> str:
    """(28, 28) → 28 lines of 56 characters, for a character is about twice as high as wide."""
    shades = (image.float() / 255 * (len(SHADES) - 1)).round().int().tolist()
    return "\n".join("".join(2 * SHADES[shade] for shade in row) for row in shades)


def _surnames(network: nn.Module, classes: list[str], found: Iterable[str]) -> Iterator[Event]:
    for chunk in lines.chunks(found, CHUNK):
        codes, lengths = names.pad([names.encode(name) for name in chunk])
        order = lengths.argsort(descending=True, stable=True)  # as packing wants them
        probabilities = torch.empty(len(chunk), len(classes))
        for batch in order.split(BATCH):
            longest = int(lengths[batch[0]])
            logits = network(codes[batch, :longest], lengths[batch])
            probabilities[batch] = logits.softmax(dim=1)
        for name, each in zip(chunk, probabilities, strict=True):
            yield _row(name, each, classes)


def _tables(
    network: nn.Module, classes: list[str], paths: Sequence[str], stdin: lines.Stdin
) -> Iterator[Event]:
    for path in paths:
        places, features = lines.features(path, stdin)
        ones = network(torch.tensor(features, dtype=torch.float32)).flatten()
        for place, one in zip(places, ones, strict=True):
            yield _row(place, torch.stack([1 - one, one]), classes)


def _row(name: str, probabilities: Tensor, classes: list[str]) -> Prediction:
    if not torch.isfinite(probabilities).all():
        raise DataError(f"{name}: the network gives no number; its weights are beyond all bounds")
    values, places = probabilities.topk(min(TOP, len(classes)))
    top = tuple(
        {"label": classes[place], "probability": value}
        for value, place in zip(values.tolist(), places.tolist(), strict=True)
    )
    likely = ", ".join(f"{each['label']} {each['probability']:.2%}" for each in top)
    return Prediction(name, top[0]["label"], likely, top)

"""All that is found about a network, with or without an input, and its JSON form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ptnotes.datasets import names
from ptnotes.errors import DataError
from ptnotes.inspect import activations
from ptnotes.inspect.inputs import Sample, sample
from ptnotes.inspect.layers import PASSES, Step, steps, time_shares
from ptnotes.predict.images import preparation
from ptnotes.predict.inference import Prediction
from ptnotes.runs.document import Document


@dataclass(frozen=True)
class Seen:
    """What a network makes of an input.

    ``probabilities`` are label → probability, the most probable first; ``contributions`` gradient ×
    input for the logit of that one, for diabetes of label 1: of pixels (28, 28), characters (S) or
    features (8); ``by_prefix`` (S, classes) a surname's probabilities after each character.
    """

    probabilities: dict[str, float]
    contributions: Tensor
    by_prefix: Tensor | None


@dataclass(frozen=True)
class Inspection:
    """A network's steps for a sample, the share of time of each, its first weights as images, the
    map of its letters, and what it makes of an input, where there is such a thing.
    """

    topic: str
    classes: Sequence[str]
    sample: Sample
    steps: list[Step]
    time_shares: list[float]
    filters: activations.Filters | None
    letter_map: activations.Map | None
    seen: Seen | None

    def letters(self) -> str:
        """A surname as the network reads it."""
        return names.decode(self.sample.inputs[0][0])

    def layers(self, *, maps: bool = False) -> list[dict[str, Any]]:
        """An object per step; with an input what it gives for that, with ``maps`` in full."""
        found = []
        for step, share in zip(self.steps, self.time_shares, strict=True):
            values: dict[str, Any] = {
                "layer": step.layer,
                "type": step.kind,
                "output": list(step.output.shape),
                "parameters": step.parameters,
                "multiply_adds": step.multiply_adds,
                "time_share": share,
            }
            if self.seen:
                output = step.output.double()
                values |= {"mean": output.mean().item(), "min": output.min().item()}
                values |= {"max": output.max().item()}
                values["zero_share"] = (output == 0).double().mean().item()
            if maps:
                values["values"] = step.output.tolist()
            found.append(values)
        return found

    def result(self, *, maps: bool = False) -> dict[str, Any]:
        """What the JSON document says; with ``maps`` every output in full."""
        found: dict[str, Any] = {}
        if self.seen:
            label, probability = next(iter(self.seen.probabilities.items()))
            found = {"prediction": label, "probability": probability}
        found |= {
            "parameters": sum(step.parameters for step in self.steps),
            "multiply_adds": sum(step.multiply_adds for step in self.steps),
            "timed_samples": len(self.sample.many[0]) if self.sample.batched else 1,
            "timed_passes": PASSES,
            "layers": self.layers(maps=maps),
        }
        if self.filters:
            shape = list(self.filters.values.shape)
            found["filters"] = {"layer": self.filters.layer, "shape": shape}
            if maps or shape[1] < 28:  # of a convolution
                found["filters"]["values"] = self.filters.values.tolist()
        if self.letter_map:
            points = zip(activations.LETTERS, self.letter_map.points.tolist(), strict=True)
            found["embedding"] = {
                "variance_shares": self.letter_map.variance_shares.tolist(),
                "points": [{"character": each, "x": x, "y": y} for each, (x, y) in points],
            }
        return found | (self._of_input(self.seen) if self.seen else {})

    def _of_input(self, seen: Seen) -> dict[str, Any]:
        found: dict[str, Any] = {"probabilities": _objects(seen.probabilities)}
        contributions = seen.contributions.tolist()
        prediction = self.sample.prediction
        if prediction and prediction.image is not None:
            if prediction.figures > 1:
                found["figures"] = prediction.figures
            return found | {"image": prediction.image.tolist(), "gradient_input": contributions}
        if seen.by_prefix is None:
            values = self.sample.inputs[0][0].tolist()
            pairs = zip(values, contributions, strict=True)
            return found | {"features": [{"value": a, "gradient_input": b} for a, b in pairs]}
        text = self.letters()
        characters = [
            {
                "prefix": text[:end],
                "gradient_input": contributions[end - 1],
                "probabilities": _objects(Prediction("", each).ranked(self.classes)),
            }
            for end, each in enumerate(seen.by_prefix, start=1)
        ]
        return found | {"characters": characters}


def _objects(probabilities: dict[str, float]) -> list[dict[str, Any]]:
    return [{"label": each, "probability": share} for each, share in probabilities.items()]


def inspect(document: Document, network: nn.Module, given: str | None = None) -> Inspection:
    """Of a network in eval mode on the CPU that ``inputs.check_topic`` accepts; ``given`` as for
    ``inputs.sample``.

    Raises DataError, UsageError for such an input, DataError for a network that has diverged.
    """
    for name, weight in network.named_parameters():
        _check_finite(name, weight)
    topic = document["topic"]
    one = sample(document, network, given)
    with torch.inference_mode():
        found = steps(network, one.inputs, batched=one.batched)
    for step in found:
        _check_finite(step.layer, step.output)
    return Inspection(
        topic,
        document["run"]["classes"],
        one,
        found,
        time_shares(network, one.many),
        activations.filters(network) if topic == "mnist" else None,
        activations.letter_map(network) if topic == "names" else None,
        _seen(document, network, one.inputs, one.prediction) if one.prediction else None,
    )


def _seen(
    document: Document, network: nn.Module, inputs: tuple[Tensor, ...], prediction: Prediction
) -> Seen:
    classes = document["run"]["classes"]
    probabilities = prediction.ranked(classes)
    label = classes.index(next(iter(probabilities)))
    by_prefix = None
    match document["topic"]:
        case "mnist":
            _, mean, std = preparation(document["config"])
            assert prediction.image is not None
            found = activations.of_pixels(network, prediction.image, mean, std, label)
        case "names":
            found = activations.of_characters(network, inputs, label)
            by_prefix = activations.by_prefix(network, inputs[0][0].tolist())
        case _:
            found = activations.of_features(network, inputs[0][0])
    _check_finite("the gradient", found)
    return Seen(probabilities, found, by_prefix)


def _check_finite(what: str, values: Tensor) -> None:
    if not torch.isfinite(values).all():
        raise DataError(f"{what} is not finite: the network's weights have diverged")

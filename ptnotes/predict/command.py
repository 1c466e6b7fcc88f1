"""``ptnotes predict``: from a run and its inputs to rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Result, Row, Table, column
from ptnotes.predict.inference import CPU, predictions
from ptnotes.predict.network import load
from ptnotes.predict.text_inputs import STANDARD_INPUT, Rejected, Stdin

TOP = 3
MAX_ROWS = 250_000  # 3 KB of memory each, for they are one document
SHADES = " ░▒▓█"


@dataclass(frozen=True)
class PredictionRow(Row):
    """One input, its most probable class, and at most TOP classes with their probabilities."""

    input: str = column("input", "<28")
    prediction: str = column("prediction", "<10")
    likely: str = column("top three", recorded=False)
    top: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class RejectedRow(Row):
    """An input without a prediction, and why; on screen under the headings of PredictionRow."""

    input: str = column("input", "<28")
    error: str = ""
    prediction: str = column("prediction", "<10", "-", recorded=False)
    reason: str = column("top three", default="", recorded=False)


def run(
    *, run: Path, inputs: Sequence[str], stdin: Stdin, show: bool, best: bool
) -> Iterator[Event]:
    """Yields a row per input, in a run of names without inputs per line of ``stdin``.

    ``show`` prints every image as the network sees it, after its row. ``inputs`` and ``stdin`` as
    for ``inference.predictions``. Raises DataError, UsageError; after the Result, DataError if an
    input has no prediction.
    """
    document, network = load(run, best=best)
    topic, config, classes = document["topic"], document["config"], document["run"]["classes"]
    if topic != "names" and not inputs:
        raise UsageError(f"{run} is a run of {topic}: name the files to predict from")
    if show and topic != "mnist":
        raise UsageError(f"--show prints images, and {run} is a run of {topic}")
    used = {"run": str(run), "trained": topic, "weights": "best" if best else "last"}
    used |= {name: config[name] for name in ("arch", "recipe", "data") if name in config}
    yield Header("predict", used, environment(CPU), records="result")
    count = rejected = 0
    found = predictions(document, network, inputs or [STANDARD_INPUT], stdin=stdin)
    for each in islice(found, MAX_ROWS):
        count += 1
        if isinstance(each, Rejected):
            rejected += 1
            why = str(each.error)
            yield RejectedRow(each.input, why, reason=why.removeprefix(each.input).lstrip(" ,:"))
            continue
        yield _row(each.input, each.ranked(classes))
        if show and each.image is not None:
            yield Table(each.input, ("as the network sees it",), [(_blocks(each.image),)])
    yield Result({})
    if rejected:
        raise DataError(f"{rejected} of {count} inputs have no prediction: their rows say why")
    if next(found, None):
        raise DataError(f"only the first {count} inputs have a prediction: split the rest")


def _row(name: str, ranked: dict[str, float]) -> PredictionRow:
    top = tuple(
        {"label": label, "probability": probability}
        for label, probability in islice(ranked.items(), TOP)
    )
    likely = ", ".join(f"{each['label']} {each['probability']:.2%}" for each in top)
    return PredictionRow(name, next(iter(ranked)), likely, top)


def _blocks(image: Tensor) -> str:
    """(28, 28) → 28 lines of 56 characters, for a character is about twice as high as wide."""
    shades = (image.float() / 255 * (len(SHADES) - 1)).round().int().tolist()
    return "\n".join("".join(2 * SHADES[shade] for shade in row) for row in shades)

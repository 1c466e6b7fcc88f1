"""``ptnotes predict``: from a run and its inputs to rows."""

import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from torch import Tensor

from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Marked, Result, Row, Table, column
from ptnotes.predict.inference import CPU, predictions
from ptnotes.predict.network import load
from ptnotes.predict.text_inputs import STANDARD_INPUT, Rejected, Stdin

TOP = 3
MAX_ROWS = 250_000  # 3 KB of memory each, for they are one document
BAR = 20  # cells
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".pgm")
SHADES = " ░▒▓█"


@dataclass(frozen=True)
class PredictionRow(Row):
    """One input, its most probable class, and at most TOP classes with their probabilities."""

    input: str = column("input", "<28")
    prediction: str = column("prediction", "<10")
    likely: str = column("top three", recorded=False)
    top: tuple[dict[str, Any], ...] = ()

    def brief(self) -> str:
        """The prediction alone."""
        return self.prediction


@dataclass(frozen=True)
class RejectedRow(Row):
    """An input without a prediction, and why; on screen under the headings of PredictionRow."""

    input: str = column("input", "<28")
    error: str = ""
    prediction: str = column("prediction", "<10", "-", recorded=False)
    reason: str = column("top three", default="", recorded=False)

    def brief(self) -> str:
        """As many lines as inputs."""
        return self.prediction


def run(
    *,
    run: Path,
    inputs: Sequence[str],
    stdin: Stdin,
    show: bool,
    best: bool,
    colour: bool = False,
) -> Iterator[Event]:
    """Yields a row per input, in a run of names without inputs per line of ``stdin``.

    ``show`` prints every image as the network sees it, after its row, in ``colour`` with half
    blocks and the probabilities of all classes, else with shades. A folder or a pattern among the
    inputs of a run of mnist is the images in it. ``inputs`` and ``stdin`` as
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
    if topic == "mnist":
        inputs = [each for given in inputs for each in _images_in(given)]
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
            headings: tuple[str, ...] = ("as the network sees it",)
            cells: tuple[str, ...] = (_blocks(each.image),)
            if colour:  # half as wide, so that the probabilities have their place beside it
                headings = (*headings, "probability")
                cells = (_half_blocks(each.image), _bars(classes, each.probabilities))
            yield Table(each.input, headings, [cells])
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


def _images_in(given: str) -> Sequence[str]:
    """The images in a folder, or those that a pattern fits, in order; else the input itself."""
    if os.path.isdir(given):
        found = [os.path.join(given, name) for name in sorted(os.listdir(given))]
        found = [each for each in found if Path(each).suffix.lower() in SUFFIXES]
    elif glob.has_magic(given) and not os.path.exists(given):
        found = sorted(glob.glob(given))
    else:
        found = []
    return found or [given]


def _bars(classes: Sequence[str], probabilities: Tensor) -> Marked:
    """A line per class: its probability as a bar and in percent; the most probable one marked."""
    values = probabilities.tolist()
    width, largest = max(map(len, classes)), max(values)
    parts = []
    for label, value in zip(classes, values, strict=True):
        bar = "█" * round(BAR * value)
        role = "best" if value == largest else ""
        parts += [(f"{label:<{width}}  {bar:<{BAR}}  {value:>7.2%}\n", role)]
    parts[-1] = (parts[-1][0].rstrip("\n"), parts[-1][1])
    return Marked(*parts)


def _half_blocks(image: Tensor) -> Marked:
    """(28, 28) → 14 lines of 28 characters: each is two pixels, one above the other."""
    parts = []
    for upper, lower in zip(image[::2].tolist(), image[1::2].tolist(), strict=True):
        for above, below in zip(upper, lower, strict=True):
            parts.append(
                ("▀", f"#{above:02x}{above:02x}{above:02x} on #{below:02x}{below:02x}{below:02x}")
            )
        parts.append(("\n", ""))
    return Marked(*parts[:-1])


def _blocks(image: Tensor) -> str:
    """(28, 28) → 28 lines of 56 characters, for a character is about twice as high as wide."""
    shades = (image.float() / 255 * (len(SHADES) - 1)).round().int().tolist()
    return "\n".join("".join(2 * SHADES[shade] for shade in row) for row in shades)

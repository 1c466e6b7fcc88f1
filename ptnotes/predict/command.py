"""``ptnotes predict``: from a run and its inputs to rows."""

import contextlib
import glob
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Marked, Result, Row, Table, column
from ptnotes.language import translate
from ptnotes.predict import preview
from ptnotes.predict.inference import CPU, Prediction, predictions
from ptnotes.predict.network import epoch_of_weights, load
from ptnotes.predict.text_inputs import STANDARD_INPUT, Rejected, Stdin

TOP = 3
MAX_ROWS = 250_000  # 3 KB of memory each, for they are one document
SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".pgm")


@dataclass(frozen=True)
class PredictionRow(Row):
    """One input, its most probable class, and at most TOP classes with their probabilities.

    ``figures`` is how many separate figures are in an image, where that is more than one.
    """

    input: str = column("input", "<20")
    prediction: str = column("prediction", "<10")
    likely: str = column("top three", recorded=False)
    top: tuple[dict[str, Any], ...] = ()
    figures: int | None = None

    def shown(self, name: str) -> Marked | None:
        """The prediction in colour; a warning on a line of its own."""
        if name == "prediction":
            return Marked((self.prediction, "accent"))
        if name == "likely" and self.figures:
            likely, _, warning = self.likely.partition("; ")
            return Marked((likely, ""), (f"\n  {warning}", "warning"))
        return None

    def brief(self) -> str:
        """The prediction alone."""
        return self.prediction


@dataclass(frozen=True)
class RejectedRow(Row):
    """An input without a prediction, and why; on screen under the headings of PredictionRow."""

    input: str = column("input", "<20")
    error: str = ""
    prediction: str = column("prediction", "<10", "-", recorded=False)
    reason: str = column("top three", default="", recorded=False)

    def shown(self, name: str) -> Marked | None:
        """The reason in colour."""
        return Marked((self.reason, "bad")) if name == "reason" else None

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
    columns: int | None = None,
) -> Iterator[Event]:
    """Yields a row per input, in a run of names without inputs per line of ``stdin``.

    ``show`` prints every image as the network sees it, after its row: on a screen in colours, which
    has ``columns``, with half blocks and the probabilities of all classes, else with shades. A
    folder or a pattern among the inputs of a run of mnist is the images in it. ``inputs`` and
    ``stdin`` as for ``inference.predictions``. Raises DataError, UsageError; after the Result,
    DataError if an input has no prediction.
    """
    document, network = load(run, best=best)
    topic, config, classes = document["topic"], document["config"], document["run"]["classes"]
    if topic != "names" and not inputs:
        raise UsageError(f"{run} is a run of {topic}: name the files to predict from")
    if show and topic != "mnist":
        raise UsageError(f"--show prints images, and {run} is a run of {topic}")
    used = {"run": str(run), "trained": topic, "weights": epoch_of_weights(document, best)}
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
            yield _rejected_row(each)
            continue
        ranked = each.ranked(classes)
        yield _row(each, ranked)
        if show and each.image is not None:
            if columns is None:
                cells = [(preview.in_shades(each.image),)]
                yield Table(each.input, ("as the network sees it",), cells)
            else:
                yield preview.in_colour(each.image, classes, each.probabilities, columns)
    yield Result({})
    if rejected:
        raise DataError(f"{rejected} of {count} inputs have no prediction: their rows say why")
    if next(found, None):
        raise DataError(f"only the first {count} inputs have a prediction: split the rest")


def _row(found: Prediction, ranked: dict[str, float]) -> PredictionRow:
    top = tuple(
        {"label": label, "probability": probability}
        for label, probability in islice(ranked.items(), TOP)
    )
    likely = ", ".join(f"{each['label']} {each['probability']:.2%}" for each in top)
    figures = found.figures if found.figures > 1 else None
    if figures:
        likely += "; " + translate(f"{figures} separate figures: give each an image of its own")
    return PredictionRow(found.input, next(iter(ranked)), likely, top, figures)


def _rejected_row(rejected: Rejected) -> RejectedRow:
    reason = translate(str(rejected.error)).removeprefix(rejected.input).lstrip(" ,:：，")  # noqa: RUF001
    return RejectedRow(rejected.input, str(rejected.error), reason=reason)


def _images_in(given: str) -> Sequence[str]:
    """The images in a folder, or those that a pattern fits, in order; else the input itself."""
    found: list[str] = []
    if os.path.isdir(given):
        with contextlib.suppress(OSError):  # the input itself says why
            found = [os.path.join(given, name) for name in sorted(os.listdir(given))]
        found = [each for each in found if Path(each).suffix.lower() in SUFFIXES]
    elif glob.has_magic(given) and not os.path.exists(given):
        expanded = map(_images_in, sorted(glob.glob(given, recursive=True)))
        files = (each for part in expanded for each in part if not os.path.isdir(each))
        found = list(dict.fromkeys(files))  # ** fits a folder and what is in it
    return found or [given]

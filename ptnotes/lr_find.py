"""``ptnotes lr-find``: the loss while the learning rate rises, and the rate that it suggests.

L. N. Smith, Cyclical Learning Rates for Training Neural Networks, 2017: the range test. What runs
is the lesson's own training cycle, with a schedule that multiplies the rate after every update.
"""

import contextlib
import math
import statistics
import time
import warnings
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ptnotes.errors import DivergedError, PtnotesWarning, UsageError
from ptnotes.events import EpochRow, Event, Header, Progress, Result, Row, column
from ptnotes.training import run_lesson

TOPICS = ("linreg", "logistic", "diabetes", "mnist", "names")
HIGHEST_RATE = 10.0
SMOOTHING = 0.9  # the weight of what was before in the mean that is kept of the losses
DIVERGED = 4.0  # times the lowest smoothed loss: there it ends
FIRST = 10  # updates, at rates that change nothing: their losses say how batches differ
NOISE = 3.0  # standard deviations that the smoothed loss must fall by
BELOW = 10.0  # the suggestion is at least so many times below the rate of the lowest loss
REPLACED = ("lr", "schedule", "one_cycle", "epochs")  # of a recipe


@dataclass(frozen=True)
class RateRow(Row):
    """One update: its rate, its batch's loss before it, and the exponential mean of the losses."""

    update: int = column("update")
    lr: float = column("lr", ".2e")
    loss: float = column("loss", ".4f")
    smoothed_loss: float = column("smoothed", ".4f")


def run(
    topic: str, given: Mapping[str, Any], *, plot: Path | None = None, theme: str = "light"
) -> Iterator[Event]:
    """Yields a row per update of a short training of the topic whose rate rises until the loss
    explodes, and in the end the suggestion; draws them to ``plot``.

    ``given`` are the topic's options. Raises what the topic raises, and UsageError for an option
    that it doesn't have.
    """
    from ptnotes.engine.device import keep_global_state
    from ptnotes.plots import of_run
    from ptnotes.topics import module
    from ptnotes.topics.options import check_options, recipe_of

    lesson = module(topic)
    try:
        check_options(topic, lesson, given, set())
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    recipe = recipe_of(lesson, given)
    if recipe.optimizer in ("rprop", "lbfgs"):
        raise UsageError(f"{recipe.optimizer} finds the length of its steps by itself")
    of_run.check_paths(plot, None)
    with keep_global_state():
        yield from of_run.with_plots(_rising(topic, lesson, given), plot=plot, theme=theme)


def _rising(topic: str, lesson: Any, given: Mapping[str, Any]) -> Iterator[Event]:
    from ptnotes.engine.optimizers import LOWEST_RATE, PER_DECADE, RANGE_TEST

    started = time.perf_counter()
    updates = round(PER_DECADE * math.log10(HIGHEST_RATE / LOWEST_RATE)) + 1
    test = {"lr": LOWEST_RATE, "schedule": RANGE_TEST, "epochs": updates}  # no epoch has none
    rows: list[RateRow] = []
    smoothed = 0.0
    with contextlib.closing(_losses(run_lesson(lesson, {**given, **test}, None))) as found:
        for event in found:
            if isinstance(event, Header):
                yield _header(topic, event, updates, LOWEST_RATE)
                continue
            smoothed = SMOOTHING * smoothed + (1 - SMOOTHING) * event
            mean = smoothed / (1 - SMOOTHING ** (len(rows) + 1))
            rate = LOWEST_RATE * 10 ** (len(rows) / PER_DECADE)
            rows.append(RateRow(len(rows) + 1, rate, event, mean))
            yield Progress(None, len(rows), updates, "updates", loss=mean)
            yield rows[-1]
            lowest = min(row.smoothed_loss for row in rows)
            if len(rows) == updates or (len(rows) > FIRST and mean > DIVERGED * lowest):
                break
    yield Result(suggestion(rows) | {"wall_seconds": time.perf_counter() - started})


def _losses(events: Generator[Event, None, None]) -> Generator[Header | float, None, None]:
    """The Header of a training, then the loss of every update, until one isn't finite."""
    with contextlib.suppress(DivergedError), contextlib.closing(events):
        for event in events:
            match event:
                case Header():
                    yield event
                    continue
                case Progress(batch_loss=read) if read is not None:
                    loss = read()
                case Row() if not isinstance(event, EpochRow):  # of one update
                    loss = vars(event)["train_loss"]
                case _:
                    continue
            if not math.isfinite(loss):
                return
            yield loss


def _header(topic: str, header: Header, updates: int, lowest: float) -> Header:
    kept = {name: value for name, value in header.config.items() if name not in REPLACED}
    rates = {"lowest_lr": lowest, "highest_lr": HIGHEST_RATE, "updates": updates}
    return Header("lr-find", {"lesson": topic} | kept | rates, header.environment, updates)


def suggestion(rows: list[RateRow]) -> dict[str, Any]:
    """For a Result: the rate to train with, and the rates that it is read off; None where the loss
    falls by no more than batches differ.

    It is a tenth of the rate of the lowest smoothed loss, where training is about to diverge; or
    the rate by which half of the fall is done, if that is lower: an optimizer such as Adam reaches
    its floor long before it diverges (docs/lr-find.md).
    """
    lowest = min(rows[FIRST:], key=lambda row: row.smoothed_loss, default=None)
    first = [row.loss for row in rows[: 2 * FIRST]]
    names = ("suggestion", "lowest_loss", "lowest_loss_lr", "half_fallen_lr")
    found: dict[str, Any] = dict.fromkeys(names)
    if lowest is not None:
        # of an exponential mean of independent losses
        share = math.sqrt((1 - SMOOTHING) / (1 + SMOOTHING))
        noise = NOISE * share * statistics.stdev(first)
        start = statistics.fmean(first)
        if start - lowest.smoothed_loss > noise:
            middle = (start + lowest.smoothed_loss) / 2
            half = next(row.lr for row in rows[FIRST:] if row.smoothed_loss <= middle)
            suggested = min(lowest.lr / BELOW, half)
            values = float(f"{suggested:.2g}"), lowest.smoothed_loss, lowest.lr, half
            found = dict(zip(names, values, strict=True))
    if found["suggestion"] is None:
        message = "the loss falls by no more than batches differ: try a larger --batch-size"
        warnings.warn(message, PtnotesWarning, stacklevel=2)
    return found | {"last_lr": rows[-1].lr if rows else None, "updates": len(rows)}

"""A training as its options ask for it: once or with several seeds, saved, resumed, drawn."""

import contextlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from ptnotes.errors import UsageError
from ptnotes.events import Event, Header
from ptnotes.provenance import with_provenance

SHARED = ("seeds", "out", "resume", "force", "plot", "log_dir")
CLASSIFIERS_ONLY = ("confusion",)


@dataclass(frozen=True)
class Saving:
    """What is kept of a run: its directory, its pictures, its numbers for TensorBoard."""

    out: Path | None
    resume: bool
    force: bool
    plot: Path | None
    confusion: Path | None
    log_dir: Path | None
    theme: str

    def given(self) -> set[str]:
        """The options that are set; all pictures have a theme."""
        return {name for name, value in vars(self).items() if value} - {"theme"}


def training(
    topic: str, lesson: Any, given: dict[str, Any], seeds: int, saving: Saving
) -> Iterator[Event]:
    """Run a trained topic, once or with several seeds; torch's global state is restored."""
    from ptnotes.engine import distributed
    from ptnotes.engine.device import keep_global_state
    from ptnotes.plots import of_run
    from ptnotes.runs import tensorboard
    from ptnotes.topics.options import recipe_of

    if distributed.world_size() > 1 and "shards" not in vars(recipe_of(lesson, given)):
        raise UsageError(
            f"{topic} has no mini-batches that processes could share: leave torchrun out"
        )
    with keep_global_state(), distributed.joined():
        if distributed.is_rank_zero():
            of_run.check_paths(saving.plot, saving.confusion)
            if saving.log_dir:
                tensorboard.check(saving.log_dir)
        if seeds > 1 or (given.get("folds") and not given.get("fold")):
            found = _repeated(topic, lesson, given, seeds, saving)
            found = with_provenance(found, topic, lesson, given)
        else:
            found = _saved_run(topic, lesson, given, saving)
        if distributed.is_rank_zero():
            if saving.log_dir:
                found = tensorboard.with_scalars(found, saving.log_dir)
            found = of_run.with_plots(
                found, plot=saving.plot, matrix=saving.confusion, theme=saving.theme
            )
        yield from found


def _saved_run(topic: str, lesson: Any, given: dict[str, Any], saving: Saving) -> Iterator[Event]:
    """One run, saved in ``saving.out`` if it is given, and resumed from what is there.

    Under torchrun, rank 0 saves it, and hands what it resumes from to the others.
    """
    from ptnotes.engine import distributed
    from ptnotes.runs.older import completed
    from ptnotes.runs.resume import check_header, check_resumable, open_run
    from ptnotes.runs.writer import record_run

    out = saving.out
    if out is None:
        _check_unsaved(saving)
    saves = out is not None and distributed.is_rank_zero()
    with contextlib.ExitStack() as held:
        saved = None
        if out and saves:
            saved = held.enter_context(open_run(out, resume=saving.resume, force=saving.force))
            if saved is not None:
                check_resumable(given, topic, saved, out)
        if (saved := distributed.from_rank0(saved)) is None:
            found: Iterator[Event] = run_lesson(lesson, given, None)
        else:
            config = completed(topic, saved["config"])
            options = config | given | {"device": config["device"]}
            found = run_lesson(lesson, options, saved["training"])
        found = with_provenance(found, topic, lesson, given)
        if out and saves:
            if saved is not None:
                found = check_header(found, saved, out)
            found = record_run(found, out, saved=saved, theme=saving.theme)
        yield from _data_in_turn(found)


def _data_in_turn(events: Iterator[Event]) -> Iterator[Event]:
    """Rank 0 reads the data before the others: it downloads what is missing."""
    from ptnotes.engine import distributed

    if not distributed.is_rank_zero():
        distributed.from_rank0(None)
    for event in events:
        if isinstance(event, Header) and distributed.is_rank_zero():
            distributed.from_rank0(None)
        yield event


def run_lesson(
    lesson: Any, given: dict[str, Any], saved: dict[str, Any] | None
) -> Generator[Event, None, None]:
    """The lesson's events, with the recipe and the settings that the options give."""
    from ptnotes.engine import distributed
    from ptnotes.engine.device import pick_device
    from ptnotes.topics.options import check_recipe, recipe_of, settings

    recipe = recipe_of(lesson, given)
    check_recipe(recipe)
    if hasattr(recipe, "shards") and "shards" not in given:
        device = pick_device(
            given.get("device", "auto"), unsupported=getattr(lesson, "UNSUPPORTED", ())
        )
        if device.type != "cpu":  # its kernels are parallel: a shard for each
            recipe = replace(recipe, shards=distributed.sharing()[1])
    chosen = {name: given[name] for name in settings(lesson) if name in given}
    if chosen.get("data") == "sample":
        from ptnotes.datasets.paths import sample_directory

        if "data_dir" in given:
            raise UsageError("the sample has its own data directory: leave --data-dir out")
        chosen["data_dir"] = sample_directory()
    if "data_dir" in chosen:
        chosen["data_dir"] = Path(chosen["data_dir"])
    found: Generator[Event, None, None] = lesson.run(recipe, **chosen, resume=saved)
    return found


def _repeated(
    topic: str, lesson: Any, given: dict[str, Any], seeds: int, saving: Saving
) -> Iterator[Event]:
    """A run per seed; or per fold, each tested on another part of the data."""
    from ptnotes.engine.repeat import repeat
    from ptnotes.topics.options import LARGEST_SEED, recipe_of

    over = "fold" if given.get("folds") else "seed"
    if saving.confusion:
        raise UsageError(f"--{over}s: --confusion is for one run at a time")
    if over == "fold":
        if seeds > 1:
            raise UsageError("--seeds and --folds both repeat the run: choose one")
        numbers = range(1, given["folds"] + 1)
    else:
        first = recipe_of(lesson, given).seed
        if first + seeds - 1 > LARGEST_SEED:
            raise UsageError(f"--seeds: they would go beyond {LARGEST_SEED}")
        numbers = range(first, first + seeds)
    if saving.out is None:
        _check_unsaved(saving)
        return repeat(
            lambda number: run_lesson(lesson, given | {over: number}, None), numbers, over
        )
    return repeat(_saved_series(topic, lesson, given, over, numbers, saving), numbers, over)


def _saved_series(
    topic: str,
    lesson: Any,
    given: dict[str, Any],
    over: str,
    numbers: Sequence[int],
    saving: Saving,
) -> Callable[[int], Iterator[Event]]:
    """The runs by their seed or fold, each saved below ``saving.out``; finished ones are kept.

    Those that are resumed or begun have the options of the first that is there.
    """
    from ptnotes.engine import distributed
    from ptnotes.runs import series

    assert saving.out is not None
    if distributed.world_size() > 1:
        raise UsageError(f"--{over}s with --out: the runs are saved one by one; leave torchrun out")
    places = {number: saving.out / f"{over}-{number}" for number in numbers}
    series.check_places(saving.out, [*places.values()], resume=saving.resume, force=saving.force)
    names = {"recipe", "data"} | {field.name for field in fields(lesson.Recipe)}
    names -= {"name", over}
    asked = {name: value for name, value in given.items() if name in names}
    common = series.common_options([*places.values()], names) if saving.resume else {}

    def run(number: int) -> Iterator[Event]:
        own, place = common | given | {over: number}, places[number]
        kept = None
        if saving.resume:
            kept = series.finished(place, topic, common | asked | {over: number})
        if kept is not None:
            return series.events_of(kept)
        return _saved_run(topic, lesson, own, replace(saving, out=place, plot=None))

    return run


def _check_unsaved(saving: Saving) -> None:
    """Raises UsageError for options that say how a directory is treated."""
    if saving.given() - {"plot", "confusion", "log_dir"}:
        raise UsageError("--resume and --force need --out, the run's directory")

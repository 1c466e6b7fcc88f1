"""The Python API: train, load, runs, topics, events; the command line uses the same functions.

Options are those of the commands, by their Python names: ``epochs``, ``batch_size``, ``data_dir``.
"""

import contextlib
import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.events import Event, RunRecord
from ptnotes.run import PathLike, Run
from ptnotes.training import CLASSIFIERS_ONLY, SHARED, Saving, training

if TYPE_CHECKING:
    import pandas as pd


def topics() -> "pd.DataFrame":
    """A row per topic, in the order of the notes.

    What it shows, whether it trains, the course's chapters, the notes' lines, the command, what its
    experiments took together (``seconds``, and ``sample_seconds`` with the sample: docs/topics.md),
    how many there are and how many of them are done in the current directory or below it.
    """
    import pandas as pd

    rows = []
    for lesson in course():
        commands = lesson.pop("commands")
        chapters = dict.fromkeys(each for one in commands for each in one["chapters"])
        on_sample = [each["sample_seconds"] for each in commands]
        rows.append(
            lesson
            | {"chapters": ", ".join(chapters), "command": f"ptnotes {lesson['topic']}"}
            | {"seconds": sum(each["seconds"] for each in commands)}
            | {"sample_seconds": None if None in on_sample else sum(on_sample)}
            | {"experiments": len(commands), "done": sum(bool(one["done"]) for one in commands)}
        )
    return pd.DataFrame(rows).set_index("topic")


def course() -> list[dict[str, Any]]:
    """Every lesson with its experiments, and which of them runs below the current directory did."""
    from ptnotes import topics
    from ptnotes.errors import DataError
    from ptnotes.runs import overview

    try:
        runs = overview.summaries([Path()])
    except DataError:  # there are none
        runs = []
    return topics.course(runs)


def runs(*directories: PathLike) -> "pd.DataFrame":
    """A row per run saved in the directories (default: the current one) or below them.

    Raises DataError for a directory that doesn't exist or holds no run.
    """
    from ptnotes.runs import overview

    return overview.table([Path(each) for each in directories or (".",)])


def events(
    topic: str,
    *,
    seeds: int | None = None,
    out: PathLike | None = None,
    resume: bool = False,
    force: bool = False,
    plot: PathLike | None = None,
    confusion: PathLike | None = None,
    log_dir: PathLike | None = None,
    theme: str = "light",
    **options: Any,
) -> Iterator[Event]:
    """What a topic yields while it runs: a Header, Progress, Rows, Tables, a Result.

    ``options`` are those of the topic's command, such as ``arch``, ``recipe``, ``epochs``; None is
    the default. ``out`` saves the run there, ``seeds`` runs so many, each saved in a directory
    of its own in ``out``; ``log_dir`` gets the numbers for TensorBoard; ``theme``, of the pictures,
    is "light" or "dark". Raises ValueError for a topic or value that doesn't exist, TypeError for
    an option that the topic doesn't have; then, while the topic runs, what ``ptnotes.errors`` has.
    """
    from ptnotes.plots import of_run
    from ptnotes.plots.pictures import PICTURES
    from ptnotes.plots.theme import check_theme
    from ptnotes.topics import TITLES, TRAINED, module
    from ptnotes.topics.options import check_names, check_options, check_value, settings

    check_theme(theme)
    topic = topic.replace("_", "-")
    if topic not in TITLES:
        raise ValueError(f"there is no topic {topic!r}; there are {', '.join(TITLES)}")
    lesson = module(topic)
    given = {name: _plain(value) for name, value in options.items() if value is not None}
    out, plot, confusion, log_dir = (
        None if each is None else _path(each) for each in (out, plot, confusion, log_dir)
    )
    saving = Saving(out, resume, force, plot, confusion, log_dir, theme)
    count = 1 if seeds is None else _plain(seeds)
    shared = saving.given() | (set() if seeds is None else {"seeds"})
    if topic not in TRAINED:
        drawn = {"plot"} if topic in PICTURES else set()
        check_names(topic, given.keys() | shared, settings(lesson) | drawn)
        for name, value in given.items():
            check_value(name, value)
        of_run.check_paths(saving.plot, None)
        return of_run.with_plots(lesson.run(**given), plot=saving.plot, theme=theme)
    classifier = "data" in settings(lesson)
    also = {*SHARED, *(CLASSIFIERS_ONLY if classifier else ())}
    check_options(topic, lesson, given | dict.fromkeys(shared), also)
    check_value("seeds", count)
    return training(topic, lesson, given, count, saving)


def _plain(value: Any) -> Any:
    """A number of numpy's as Python's, for JSON has no others; a device by its name."""
    if getattr(value, "ndim", None) == 0 and hasattr(value, "item"):
        return value.item()
    return str(value) if type(value).__name__ == "device" else value


def _path(value: PathLike) -> Path:
    if not os.fspath(value):
        raise ValueError("a path is empty")
    return Path(value)


def train(topic: str, *, quiet: bool = False, **options: Any) -> Run:
    """Train a topic, show its table unless ``quiet``, and return the run.

    Takes the options of the topic's command: ``train("mnist", arch="cnn", recipe="tuned", seed=1,
    out="runs/cnn")``; ``data="sample"`` trains on the data that ships with ptnotes. Raises
    ValueError for a topic or value that doesn't exist, TypeError for an option that the topic
    doesn't have, and what ``ptnotes.errors`` has: DataError, DeviceError, DivergedError.
    """
    from ptnotes.console.render import present
    from ptnotes.engine.distributed import is_rank_zero
    from ptnotes.topics import TITLES, TRAINED

    if topic.replace("_", "-") in TITLES.keys() - {*TRAINED}:
        raise ValueError(f"{topic} trains nothing; events({topic!r}) yields what it computes")
    if options.get("seeds") is not None:
        raise ValueError("seeds: train gives one run; events(…, seeds=N) gives a row per seed")
    record = RunRecord()
    with contextlib.closing(record.follow(events(topic, **options))) as followed:
        if quiet or not is_rank_zero():
            deque(followed, maxlen=0)
        else:
            present(followed)
    assert record.snapshot is not None
    state, out = record.snapshot.state(), options.get("out")
    directory = None if out is None else Path(out)
    return Run(record.document(), record.header.classes, state, record, directory)


def load(directory: PathLike, *, best: bool = False) -> Run:
    """A saved run, with the weights of its last epoch or, if it keeps them, of its ``best``.

    Raises DataError for a directory that holds no run or a damaged one, UsageError if no best
    epoch is kept.
    """
    from ptnotes.predict.network import read_weights
    from ptnotes.runs import document

    path = Path(directory)
    found = document.read(path)
    classes = tuple(found["run"]["classes"])
    return Run(found, classes, {"model": read_weights(path, best=best)}, directory=path)

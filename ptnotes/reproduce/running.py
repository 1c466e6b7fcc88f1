"""The runs of an experiment, each saved in its directory: kept, resumed, or begun."""

import dataclasses
import inspect
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ptnotes.errors import PtnotesError, UsageError
from ptnotes.events import Event, Progress
from ptnotes.reproduce.grid import Task
from ptnotes.runs import document, schema
from ptnotes.runs.older import completed
from ptnotes.topics import module
from ptnotes.topics.options import recipe_of, settings

Result = dict[str, Any]


@dataclass(frozen=True)
class Machine:
    """What is given for all runs, and belongs to the machine: their files don't name it."""

    data_dir: Path | None = None
    threads: int | None = None
    device: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to: its result, or in one line why it has none."""

    task: Task
    result: Result | None
    failure: str | None = None


def kept_results(tasks: Sequence[Task]) -> dict[Path, Result]:
    """The results of the runs that are finished already, by their directories.

    Raises UsageError if a directory holds another run than its own, DataError if it is damaged.
    """
    found = {}
    for task in tasks:
        if document.DOCUMENT not in document.files_in(task.directory):
            continue
        there = schema.read(task.directory)
        if differing := _differing(task, there):
            raise UsageError(
                f"{task.directory} holds another run: {differing}. Remove it, or take another --out"
            )
        config = there["config"]
        epochs = recipe_of(module(task.cell.topic), options(task)).epochs
        if there["run"]["finished"] and config["epochs"] == epochs:
            found[task.directory] = there["result"]
    return found


def options(task: Task) -> dict[str, Any]:
    """All options of a run."""
    return {**task.cell.options, "seed": task.seed}


def _differing(task: Task, there: document.Document) -> str:
    """What of a saved run's configuration isn't the task's; "" if it is this run.

    A constant rate lets a run go on to more epochs, so that these may differ.
    """
    topic, given = task.cell.topic, options(task)
    if there["topic"] != topic:
        return f"topic {there['topic']}, not {topic}"
    lesson, config = module(topic), there["config"]
    recipe = recipe_of(lesson, given)
    # the device decides the number of shards, and folds take the place of the held-out rows
    derived = {"shards", *(["hold_out"] if given.get("folds") else [])} - given.keys()
    derived |= {"name", "epochs"}
    wanted = {"recipe": recipe.name}
    for field in dataclasses.fields(recipe):
        if field.name not in derived:
            wanted[field.name] = getattr(recipe, field.name)
    if "data" in settings(lesson):
        default = inspect.signature(lesson.run).parameters["data"].default
        wanted["data"] = given.get("data", default)
    then = completed(topic, config)
    return "; ".join(
        f"{name.replace('_', ' ')} {then[name]}, not {value}"
        for name, value in wanted.items()
        if name in then and then[name] != value
    )


def run(task: Task, machine: Machine) -> Iterator[Event]:
    """The events of a run, which goes on from where it was interrupted. Raises PtnotesError."""
    from ptnotes import api

    given = options(task)
    for name in ("threads", "device"):
        if getattr(machine, name) is not None:
            given[name] = getattr(machine, name)
    if machine.data_dir is not None and _reads_data(task):
        given["data_dir"] = machine.data_dir
    yield from api.events(task.cell.topic, out=task.directory, resume=True, **given)


def _reads_data(task: Task) -> bool:
    reads = "data_dir" in settings(module(task.cell.topic))
    return reads and task.cell.options.get("data") != "sample"


def outcome(task: Task) -> Outcome:
    """Of a run that has ended, as it is saved."""
    return Outcome(task, schema.read(task.directory)["result"])


def in_turn(tasks: Sequence[Task], machine: Machine) -> Iterator[Progress | Outcome]:
    """Run one after the other; a run that fails is an outcome too."""
    for number, task in enumerate(tasks, 1):
        of = f"{number}/{len(tasks)} {task}"
        try:
            with closing(run(task, machine)) as events:  # type: ignore[type-var]
                for event in events:
                    if isinstance(event, Progress):
                        yield replace(event, of=of)
            yield outcome(task)
        except PtnotesError as error:
            yield Outcome(task, None, str(error))

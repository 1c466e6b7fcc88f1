"""What a run's numbers come from: the command that makes them again, and the files it read."""

import inspect
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ptnotes.events import Event, Header

# fields of recipes that no command has an option for: --recipe chooses them
PYTHON_ONLY = ("fold", "relu", "head", "buckets", "masked")


def with_provenance(
    events: Iterable[Event], topic: str, lesson: Any, given: Mapping[str, Any]
) -> Iterator[Event]:
    """Pass events on; the Header gets the command line and the digests of the data files.

    ``given`` are the options as the caller has them.
    """
    for event in events:
        if isinstance(event, Header):
            config = dict(event.config)
            if event.records != "history":
                config.pop("fold", None)  # of all folds it names the first
            command = command_line(topic, lesson, config, given)
            event = replace(event, command=command, data_files=data_files(lesson, event, given))
        yield event


def data_files(lesson: Any, header: Header, given: Mapping[str, Any]) -> dict[str, str]:
    """The SHA-256 of every data file that the run has read, by its place in the data directory.

    Empty where the data is in the program. Raises DataError.
    """
    from ptnotes.datasets import digests
    from ptnotes.datasets.paths import sample_directory

    name = header.config.get("data")
    if name is None:
        return {}
    if name == "sample":  # of the lesson's own data set
        name = inspect.signature(lesson.run).parameters["data"].default
        return digests.of_data_set(name, sample_directory())
    directory = given.get("data_dir")
    return digests.of_data_set(name, None if directory is None else Path(directory))


def command_line(
    topic: str, lesson: Any, config: Mapping[str, Any], given: Mapping[str, Any]
) -> str | None:
    """The options that differ from their defaults, as one would type them.

    Where it reads, writes and computes with how many threads is left out, and the device if it was
    left to the command. None for what only the Python API can set.
    """
    from ptnotes.topics.options import recipe_of

    variants: Mapping[str, str] = getattr(lesson, "VARIANTS", {})
    if not {*variants, "recipe"} <= config.keys():
        return None
    words = [f"ptnotes {topic}"]
    for name, default in {**variants, "recipe": "notes"}.items():
        if config[name] != default:
            words += [f"--{name}", config[name]]
    base = recipe_of(lesson, {name: config[name] for name in (*variants, "recipe")})
    for name in (field.name for field in fields(base)):
        value = config.get(name, getattr(base, name))
        if name == "name" or value == getattr(base, name):
            continue
        if name in PYTHON_ONLY:
            return None
        words += _typed(name, value)
    if config.get("data") == "sample":
        words.append("--sample")
    elif "data" in config:
        default = inspect.signature(lesson.run).parameters["data"].default
        words += _typed("data", config["data"]) if config["data"] != default else []
    if "seeds" in config:
        words += _typed("seeds", config["seeds"])
    if given.get("device", "auto") != "auto":
        words += _typed("device", given["device"])
    return " ".join([words[0], *map(shlex.quote, words[1:])])


def _typed(name: str, value: Any) -> list[str]:
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return [f"--{option}" if value else f"--no-{option}"]
    return [f"--{option}", str(value)]

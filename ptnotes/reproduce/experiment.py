"""An experiment: the runs that a TOML file lists, checked before anything runs.

```toml
title = "Rates"           # optional, and so is out: the directory of the runs
seeds = 5                 # of every run that doesn't say it: so many, or a list of them

[[run]]
topic = "mnist"
arch = ["mlp", "cnn"]     # a list is an axis of a grid
lr = [0.01, 0.05]
expect = { test_accuracy = ">= 0.985" }
```
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

from ptnotes.errors import DataError, PtnotesError, UsageError
from ptnotes.files import read_file
from ptnotes.reproduce import expectation
from ptnotes.reproduce.expectation import Expectation
from ptnotes.reproduce.lines import Lines, Place
from ptnotes.reproduce.measures import ALWAYS, MEASURES
from ptnotes.topics import TITLES, TRAINED, module
from ptnotes.topics.options import check_options, check_value

LARGEST = 1 << 20  # bytes of a file that a person writes
TOP = ("title", "out", "seeds", "run")
OF_RUN = ("topic", "name", "seeds", "expect", "measures")
FORBIDDEN = '<>:"/\\|?*'  # in the names of files, somewhere


@dataclass(frozen=True)
class Entry:
    """A ``[[run]]``: its options, each with all its values."""

    place: Place
    topic: str
    lesson: ModuleType
    name: str | None
    options: Mapping[str, list[Any]]
    axes: frozenset[str]
    seeds: int | tuple[int, ...] | None
    measures: tuple[str, ...]
    expectations: tuple[Expectation, ...]


@dataclass(frozen=True)
class Experiment:
    """A file as it was written. ``lines`` says where."""

    path: Path
    title: str
    out: Path | None
    entries: tuple[Entry, ...]
    lines: Lines

    def error(self, place: Place, what: object) -> UsageError:
        """What is wrong, with the file and the line of a key."""
        return UsageError(f"{self.path}, line {self.lines.of(*place)}: {what}")

    @contextmanager
    def at(self, *place: str | int) -> Iterator[None]:
        """What the Python API raises for a wrong option gets the line of its key."""
        try:
            yield
        except (TypeError, ValueError, PtnotesError) as error:
            raise self.error(place, error) from error


def shipped() -> list[str]:
    """The names of the experiments that come with ptnotes."""
    found = files("ptnotes.reproduce").joinpath("experiments").iterdir()
    return sorted(each.name for each in found if each.name.endswith(".toml"))


def read(path: Path) -> Experiment:
    """The experiment in a file, or the one that ships under this name if there is no such file.

    Raises UsageError for what is wrong in it, with its line, and DataError if it can't be read.
    """
    text = _text(path)
    try:
        content = tomllib.loads(text)
        experiment = Experiment(path, path.stem, None, (), Lines(text))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    except RecursionError as error:
        raise UsageError(f"{path} is no TOML: its values are too deep in each other") from error
    return _checked(experiment, content)


def _text(path: Path) -> str:
    """A file's, which is in UTF-8 as TOML is."""
    if not path.exists() and path.name == str(path) and path.name in shipped():
        return files("ptnotes.reproduce").joinpath("experiments", path.name).read_text("utf-8")
    try:
        content = read_file(path)
        if len(content) > LARGEST:
            raise DataError(f"{path} is too large: {len(content)} bytes, and at most {LARGEST}")
        return content.decode("utf-8-sig")
    except OSError as error:
        there = ", ".join(shipped())
        raise DataError(
            f"{path} can't be read: {error.strerror}; with ptnotes come {there}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no TOML: it is not in UTF-8") from error


def _checked(experiment: Experiment, content: Mapping[str, Any]) -> Experiment:
    error = experiment.error
    for name in content:
        if name not in TOP:
            raise error((name,), _unknown("an experiment", name, TOP))
    for name in ("title", "out"):
        value = content.get(name, name)
        if not isinstance(value, str) or not value.strip():
            raise error((name,), f"{name} is {value!r}, not a text")
    shared = _seeds(experiment, content, ())
    runs = content.get("run", [])
    if not isinstance(runs, list) or not runs or not all(isinstance(each, dict) for each in runs):
        raise error(("run",), "an experiment has one [[run]] or more")
    entries = tuple(
        _entry(experiment, each, ("run", number), shared) for number, each in enumerate(runs)
    )
    out = Path(content["out"]) if "out" in content else None
    title = content.get("title", experiment.title)
    return Experiment(experiment.path, title, out, entries, experiment.lines)


def _entry(experiment: Experiment, table: Mapping[str, Any], place: Place, seeds: Any) -> Entry:
    topic = _topic(experiment, table, place)
    lesson = module(topic)
    options = {name: value for name, value in table.items() if name not in OF_RUN}
    for name, value in options.items():
        with experiment.at(*place, name):
            _check_option(topic, lesson, name, value)
    own = _seeds(experiment, table, place)
    if own is not None and "seed" in options:
        raise experiment.error((*place, "seed"), "seed and seeds: choose one")
    if "seed" in options:
        own = (options.pop("seed"),)
    known = (*MEASURES[topic], *ALWAYS)
    return Entry(
        place,
        topic,
        lesson,
        _name(experiment, table, place),
        {name: each if isinstance(each, list) else [each] for name, each in options.items()},
        frozenset(name for name, each in options.items() if isinstance(each, list)),
        seeds if own is None else own,
        _measures(experiment, table, place, known),
        _expectations(experiment, table, place, known),
    )


def _topic(experiment: Experiment, table: Mapping[str, Any], place: Place) -> str:
    if "topic" not in table:
        raise experiment.error(place, "this [[run]] has no topic")
    topic = table["topic"]
    if topic in TRAINED:
        return str(topic)
    if isinstance(topic, str) and topic in TITLES:
        what = f"{topic} trains nothing: an experiment takes {', '.join(TRAINED)}"
    else:
        what = f"there is no topic {topic!r}; there are {', '.join(TRAINED)}"
    raise experiment.error((*place, "topic"), what)


def _check_option(topic: str, lesson: ModuleType, name: str, value: Any) -> None:
    """Raises TypeError, ValueError, as the Python API does."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError(f"{name} is an empty list")
    if name == "data_dir":
        raise ValueError("where the data lies differs between machines: give it as --data-dir")
    if name == "seed" and isinstance(value, list):
        raise ValueError("several seeds are one figure's mean: write seeds = [...]")
    for each in values:
        check_options(topic, lesson, {name: each}, set())


def _seeds(experiment: Experiment, table: Mapping[str, Any], place: Place) -> Any:
    """How many from the recipe's own on, or which; None is the recipe's own."""
    value = table.get("seeds")
    place = (*place, "seeds")
    if value is None:
        return None
    if not isinstance(value, list):
        with experiment.at(*place):
            check_value("seeds", value)
        return value
    for each in value:
        with experiment.at(*place):
            check_value("seed", each)
    if not value or len(set(value)) < len(value):
        raise experiment.error(place, "seeds is an empty list, or names a seed twice")
    return tuple(value)


def _name(experiment: Experiment, table: Mapping[str, Any], place: Place) -> str | None:
    """A name that a directory can have, on any system."""
    name = table.get("name")
    if name is None:
        return None
    fits = isinstance(name, str) and 0 < len(name) <= 60 and name == name.strip(" .")
    if not fits or not name.isprintable() or set(name) & set(FORBIDDEN):
        raise experiment.error(
            (*place, "name"),
            f"the name {name!r} can't be a directory's: up to 60 characters, none of {FORBIDDEN}",
        )
    return str(name)


def _measures(
    experiment: Experiment, table: Mapping[str, Any], place: Place, known: Iterable[str]
) -> tuple[str, ...]:
    found = table.get("measures", [])
    if not isinstance(found, list):
        raise experiment.error((*place, "measures"), "measures is not a list of names")
    for name in found:
        if name not in known:
            what = _unknown(f"the result of {table['topic']}", name, known)
            raise experiment.error((*place, "measures"), what)
    return tuple(dict.fromkeys(found))


def _expectations(
    experiment: Experiment, table: Mapping[str, Any], place: Place, known: Iterable[str]
) -> tuple[Expectation, ...]:
    place = (*place, "expect")
    expected = table.get("expect", {})
    if not isinstance(expected, dict):
        raise experiment.error(place, 'expect is not a table such as { test_accuracy = ">= 0.9" }')
    found = []
    for name, text in expected.items():
        if name not in known:
            what = _unknown(f"the result of {table['topic']}", name, known)
            raise experiment.error((*place, name), what)
        with experiment.at(*place, name):
            found.append(expectation.parse(name, text))
    return tuple(found)


def _unknown(whose: str, name: Any, known: Iterable[str]) -> str:
    there = ", ".join(known)
    if near := get_close_matches(str(name), known, n=1):
        return f"{whose} has no {name!r}; did you mean {near[0]!r}? It has {there}"
    return f"{whose} has no {name!r}; it has {there}"

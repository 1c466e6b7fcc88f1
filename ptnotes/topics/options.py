"""The options that a topic takes, from its recipe and its ``run``: names, values, the recipe."""

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from types import ModuleType
from typing import Any

from ptnotes.errors import UsageError

LARGEST_SEED = 2**32 - 1  # numpy's
MOST_THREADS = 1024
# Adam's first step takes ten times the rate, and the largest float32 is 3.4e38
LARGEST_RATE = 3e37
LARGEST_SIDE = 99_999  # of a convolution's input; the option's too
LARGEST_SHIFT = 14  # half an image: the margins of 60,000 images take 750 MB
DATA = {"mnist": ("mnist", "fashion-mnist", "kmnist")}  # other topics have one data set


def _is_int(value: Any, least: int, most: float = float("inf")) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_number(value: Any, least: float, most: float) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and least <= value <= most


POSITIVE: tuple[Callable[[Any], bool], str] = lambda x: _is_int(x, 1), "a whole number from 1"
SHARE: tuple[Callable[[Any], bool], str] = lambda x: _is_number(x, 0, 1), "a number from 0 to 1"
SIDE: tuple[Callable[[Any], bool], str] = (
    lambda x: _is_int(x, 1, LARGEST_SIDE),
    f"a whole number from 1 to {LARGEST_SIDE}",
)
VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("epochs", "shards", "seeds"), POSITIVE),
    "threads": (lambda x: _is_int(x, 1, MOST_THREADS), f"a whole number from 1 to {MOST_THREADS}"),
    **dict.fromkeys(("height", "width", "kernel", "stride", "dilation"), SIDE),
    "padding": (lambda x: x == 0 or SIDE[0](x), f"a whole number from 0 to {LARGEST_SIDE}"),
    **dict.fromkeys(("momentum", "label_smoothing", "masked", "hold_out"), SHARE),
    "validation": (
        lambda x: (_is_number(x, 0, 1) and x < 1) or _is_int(x, 2),
        "a share below 1, or a number of samples from 2",
    ),
    "patience": (lambda x: _is_int(x, 0), "a whole number from 0"),
    "folds": (lambda x: x == 0 or _is_int(x, 2), "a whole number from 2"),
    "fold": (lambda x: _is_int(x, 0), "a whole number from 1"),
    "batch_size": (lambda x: x == "full" or _is_int(x, 1), "a whole number from 1"),
    "lr": (
        lambda x: _is_number(x, 0, LARGEST_RATE) and x > 0,
        f"a number above 0, up to {LARGEST_RATE:g}",
    ),
    "weight_decay": (
        lambda x: _is_number(x, 0, LARGEST_RATE),
        f"a number from 0 to {LARGEST_RATE:g}",
    ),
    "shift": (
        lambda x: _is_int(x, 0, LARGEST_SHIFT),
        f"a whole number from 0 to {LARGEST_SHIFT}",
    ),
    "seed": (lambda x: _is_int(x, 0, LARGEST_SEED), f"a whole number from 0 to {LARGEST_SEED}"),
    "device": (
        lambda x: re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", str(x)) is not None,
        "one of auto, cpu, cuda, cuda:N, mps",
    ),
}


def check_value(name: str, value: Any) -> None:
    """Raises ValueError if no topic takes this value."""
    is_right, words = VALUES.get(name, (lambda _: True, ""))
    if not is_right(value):
        raise ValueError(f"{name} is {value!r}, not {words}")


def choices(lesson: ModuleType, topic: str) -> dict[str, tuple[str, ...]]:
    """The options that take one of a few words, and these."""
    from ptnotes.engine.optimizers import OPTIMIZERS, SCHEDULES  # torch's

    found = {"recipe": tuple(lesson.RECIPES), "precision": ("fp32", "bf16")}
    found |= {"optimizer": tuple(OPTIMIZERS), "schedule": tuple(SCHEDULES)}
    variants = tuple(getattr(lesson, "VARIANTS", ()))
    recipes = lesson.RECIPES["notes"].values() if variants else ()
    for name in variants:
        found[name] = tuple(dict.fromkeys(getattr(recipe, name) for recipe in recipes))
    if "data" in settings(lesson):
        found["data"] = (*DATA.get(topic, (topic,)), "sample")
    return found


def settings(lesson: ModuleType) -> set[str]:
    """The options of a lesson's ``run`` besides the recipe."""
    return set(inspect.signature(lesson.run).parameters) - {"recipe", "resume"}


def check_names(topic: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raises TypeError for an option that the topic doesn't have."""
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            there = ", ".join(sorted(known))
            if near:
                raise TypeError(
                    f"{topic} has no option {name!r}; did you mean {near[0]!r}? It has {there}"
                )
            raise TypeError(f"{topic} has no option {name!r}; it has {there}")


def check_options(topic: str, lesson: ModuleType, given: Mapping[str, Any], also: set[str]) -> None:
    """Raises TypeError for an option that the lesson doesn't have, ValueError for a wrong value.

    ``also`` are options that every topic has, checked elsewhere.
    """
    fields = {field.name for field in dataclasses.fields(lesson.Recipe)} - {"name"}
    check_names(topic, given, {"recipe"} | fields | settings(lesson) | also)
    words = choices(lesson, topic)
    switches = {field.name for field in dataclasses.fields(lesson.Recipe) if field.type is bool}
    for name, value in given.items():
        if name in also:
            continue
        check_value(name, value)
        if name in switches and not isinstance(value, bool):
            raise ValueError(f"{name} is {value!r}, neither True nor False")
        if value == "full" and topic != "diabetes":
            raise ValueError(f"{name} is 'full', which only diabetes has")
        if name in words and value not in words[name]:
            raise ValueError(f"{name} is {value!r}, not one of {', '.join(words[name])}")


def recipe_of(lesson: ModuleType, options: Mapping[str, Any]) -> Any:
    """The recipe that the options name, each other field of it replaced by its option."""
    chosen = lesson.RECIPES[options.get("recipe", "notes")]
    variants: Mapping[str, str] = getattr(lesson, "VARIANTS", {})
    if variants:
        key = tuple(options.get(name, default) for name, default in variants.items())
        chosen = chosen[key if len(key) > 1 else key[0]]
    fields = {field.name for field in dataclasses.fields(chosen)} - {"name"}
    given = {name: value for name, value in options.items() if name in fields}
    recipe = dataclasses.replace(chosen, **given)
    if "optimizer" in fields:
        from ptnotes.engine.optimizers import with_optimizer  # torch's

        recipe = with_optimizer(recipe, given)
    return recipe


def check_recipe(recipe: Any) -> None:
    """Raises UsageError for a recipe that chooses an epoch without data to choose it by."""
    chooses = getattr(recipe, "save_best", False) or getattr(recipe, "patience", 0)
    if chooses and not recipe.validation:
        raise UsageError(
            "--save-best and --patience choose an epoch, and one chosen on the test set looks "
            "better than it is: hold data out with --validation 0.1"
        )
    folds, fold = getattr(recipe, "folds", 0), getattr(recipe, "fold", 0)
    if getattr(recipe, "validation", 0) and not getattr(recipe, "hold_out", 1) and not folds:
        raise UsageError(
            "--validation holds rows out of the training, and the notes' recipe has no rows to "
            "test with: add --hold-out 0.2"
        )
    if fold > folds:
        raise UsageError(f"there are {folds} folds, and no fold {fold}")

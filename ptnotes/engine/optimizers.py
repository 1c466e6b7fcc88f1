"""The optimizers by name, which options mean something for them, and how the rate changes."""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from torch import nn, optim
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LRScheduler, OneCycleLR

from ptnotes.errors import UsageError

Recipe = TypeVar("Recipe", bound=Any)

OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "sgd": optim.SGD,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "adagrad": optim.Adagrad,
    "adamax": optim.Adamax,
    "asgd": optim.ASGD,
    "rprop": optim.Rprop,
    "lbfgs": optim.LBFGS,
}
FUSED = ("sgd", "adam", "adamw")  # with one kernel for all parameters, on every device
# both compare a gradient with the one before, and a mini-batch's differs by its samples alone
OF_FULL_BATCHES = ("rprop", "lbfgs")
# what an optimizer may not have, and the value that leaves it out
OFF = {"momentum": 0.0, "nesterov": False, "weight_decay": 0.0, "schedule": "constant"}


def options_of(name: str) -> set[str]:
    """Those of OFF that mean something for the optimizer."""
    found = OFF.keys() & inspect.signature(OPTIMIZERS[name]).parameters.keys()
    # Rprop's rate is only the first step of each weight, which it adapts by itself
    return found | ({"schedule"} if name != "rprop" else set())


def make_optimizer(
    name: str,
    parameters: Iterable[nn.Parameter],
    *,
    lr: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: float = 0.0,
    fused: bool = False,
) -> optim.Optimizer:
    """An optimizer of OPTIMIZERS; ``nesterov`` where there is momentum, ``fused`` where it can be.

    Raises UsageError for an option, other than 0, that it doesn't have.
    """
    given = {"momentum": momentum, "nesterov": nesterov and momentum > 0}
    given["weight_decay"] = weight_decay
    check_options(name, given)
    options: dict[str, Any] = {each: given[each] for each in given.keys() & options_of(name)}
    if fused and name in FUSED:
        options["fused"] = True
    return OPTIMIZERS[name](parameters, lr=lr, **options)


def check_options(name: str, given: Mapping[str, Any]) -> None:
    """Raises UsageError for an option of OFF, not off, that means nothing for the optimizer."""
    for option, off in OFF.items():
        if given.get(option, off) != off and option not in options_of(name):
            others = ", ".join(each for each in OPTIMIZERS if option in options_of(each))
            raise UsageError(
                f"--{option.replace('_', '-')} means nothing for {name}: leave it out, or take "
                f"another --optimizer: {others}"
            )


def with_optimizer(recipe: Recipe, given: Mapping[str, Any]) -> Recipe:
    """The recipe with those options off that mean nothing for its optimizer, and ``nesterov``
    without momentum.

    Raises UsageError if one of these is ``given``, and for an optimizer that the topic can't use.
    """
    name = recipe.optimizer
    batch_size = getattr(recipe, "batch_size", None)
    if name in OF_FULL_BATCHES and batch_size not in (None, "full"):
        raise UsageError(
            f"{name} compares each gradient with the one before, so it needs that of all samples, "
            "not of a mini-batch: take another --optimizer"
        )
    if name == "lbfgs" and batch_size is not None:
        raise UsageError(
            "lbfgs computes the loss several times an update, as only linreg and logistic do: "
            "take another --optimizer"
        )
    check_options(name, given)
    off = OFF.keys() - options_of(name)
    if not recipe.momentum:
        if given.get("nesterov"):
            raise UsageError("--nesterov is a way to take the momentum: give --momentum too")
        off.add("nesterov")
    changed: Recipe = dataclasses.replace(recipe, **{each: OFF[each] for each in off})
    return changed


# the range test: from LOWEST_RATE, so many updates for every factor of ten
RANGE_TEST, LOWEST_RATE, PER_DECADE = "lr-find", 1e-7, 20


def one_cycle(optimizer: optim.Optimizer, *, steps: int) -> OneCycleLR:
    """Up to the optimizer's learning rate and down to almost nothing, over so many updates."""
    peak = optimizer.param_groups[0]["lr"]
    return OneCycleLR(optimizer, peak, steps, cycle_momentum=False)


def cosine(optimizer: optim.Optimizer, *, steps: int) -> CosineAnnealingLR:
    """From the optimizer's learning rate down to 0 along half a cosine, over so many updates."""
    return CosineAnnealingLR(optimizer, steps)


def range_test(optimizer: optim.Optimizer, *, steps: int) -> ExponentialLR:
    """Up from the optimizer's learning rate by the same factor every update, without end."""
    return ExponentialLR(optimizer, 10 ** (1 / PER_DECADE))


SCHEDULES: dict[str, Callable[..., LRScheduler] | None] = {
    "constant": None,
    "one-cycle": one_cycle,
    "cosine": cosine,
}


def make_schedule(name: str, optimizer: optim.Optimizer, *, steps: int) -> LRScheduler | None:
    """A schedule of SCHEDULES, or RANGE_TEST, to be stepped after every update; None is none."""
    make = range_test if name == RANGE_TEST else SCHEDULES[name]
    return make(optimizer, steps=steps) if make else None

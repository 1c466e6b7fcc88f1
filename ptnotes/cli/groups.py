"""The options of the topics, in groups, and how a command gets them. No torch here."""

import inspect
import re
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli.completion import saved_runs
from ptnotes.cli.options import (
    MODEL,
    OF_RECIPE,
    OPTIMIZER,
    SAVING,
    TRAINING,
    Confusion,
    DataDir,
    Device,
    Json,
    Plot,
    Quiet,
    Sample,
    Theme,
    Threads,
    checked,
)
from ptnotes.topics.options import LARGEST_SEED, LARGEST_SHIFT, check_value

Command = Callable[..., None]


def _full_or_number(value: str) -> int | str:
    if value != "full" and not re.fullmatch(r"0*[1-9]\d*", value):
        raise typer.BadParameter(f"'{value}' is neither 'full' nor a whole number from 1")
    return value if value == "full" else int(value)


def _number_or_share(value: str) -> float:
    try:
        number = int(value) if value.isdecimal() else float(value)
        check_value("validation", number)
    except ValueError:
        raise typer.BadParameter(
            f"'{value}' is neither a share below 1 nor a number of samples from 2"
        ) from None
    return number


def _directory(value: str) -> Path:
    if not value:
        raise typer.BadParameter("the name is empty")
    return Path(value)


def training(
    recipe: Annotated[
        Literal["notes", "tuned"] | None,
        typer.Option(
            show_default="notes",
            case_sensitive=False,
            rich_help_panel=MODEL,
            help="Whose hyper-parameters: the notes', or what a practitioner would take.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Passes over the training data.",
        ),
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            callback=checked("lr"),
            metavar="RATE",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="The learning rate.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=LARGEST_SEED,
            metavar="N",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Seeds every source of randomness.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            show_default="1",
            metavar="N",
            rich_help_panel=TRAINING,
            help="Run so many seeds from --seed on; mean and standard deviation.",
        ),
    ] = None,
    device: Device = None,
    threads: Threads = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=_directory,
            autocompletion=saved_runs,
            rich_help_panel=SAVING,
            help="Save the run there after every epoch; of --seeds each in a directory in it.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            rich_help_panel=SAVING,
            help="Continue the run in --out, with its own options.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", rich_help_panel=SAVING, help="Replace the run in --out.")
    ] = False,
    plot: Plot = None,
    theme: Theme = "light",
    log_dir: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            parser=_directory,
            rich_help_panel=SAVING,
            help="Write the numbers of every epoch there for TensorBoard.",
        ),
    ] = None,
) -> None:
    """Options of every topic that trains something."""


def drawing(plot: Plot = None, theme: Theme = "light") -> None:
    """Options of a topic that trains nothing and has a picture."""


def mini_batches(
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Parts of a batch, each computed by one thread; they decide how sums are rounded.",
        ),
    ] = None,
    data_dir: DataDir = None,
    sample: Sample = False,
    validation: Annotated[
        Any,
        typer.Option(
            metavar="N|SHARE",
            parser=_number_or_share,
            show_default="none",
            rich_help_panel=TRAINING,
            help="Training samples to hold out, to judge every epoch by.",
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default="all epochs",
            rich_help_panel=TRAINING,
            help="End when N epochs were no better on the validation data.",
        ),
    ] = None,
    save_best: Annotated[
        bool | None,
        typer.Option(
            "--save-best/--no-save-best",
            rich_help_panel=SAVING,
            help="Take the epoch that is best on the validation data, not the last one.",
        ),
    ] = None,
    confusion: Confusion = None,
) -> None:
    """Options of the topics that read a data set, all of them classifiers."""


def batch_size(
    batch_size: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Samples per update.",
        ),
    ] = None,
) -> None:
    """The option of the topics that have no full batch."""


def optimization(
    optimizer: Annotated[
        Literal["sgd", "adam", "adamw", "rmsprop", "adagrad", "adamax", "asgd", "rprop", "lbfgs"]
        | None,
        typer.Option(
            metavar="NAME",
            show_default=OF_RECIPE,
            case_sensitive=False,
            rich_help_panel=OPTIMIZER,
            help="sgd, adam, adamw, rmsprop, adagrad, adamax or asgd; for full batches also rprop, "
            "and for linreg and logistic lbfgs.",
        ),
    ] = None,
    momentum: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            show_default=OF_RECIPE,
            rich_help_panel=OPTIMIZER,
            help="The momentum of sgd and rmsprop, from 0 to 1.",
        ),
    ] = None,
    nesterov: Annotated[
        bool | None,
        typer.Option(
            "--nesterov/--no-nesterov",
            show_default=OF_RECIPE,
            rich_help_panel=OPTIMIZER,
            help="Take sgd's momentum as Nesterov does, if it has one.",
        ),
    ] = None,
    weight_decay: Annotated[
        float | None,
        typer.Option(
            callback=checked("weight_decay"),
            metavar="DECAY",
            show_default=OF_RECIPE,
            rich_help_panel=OPTIMIZER,
            help="Pull the weights towards 0, so strongly.",
        ),
    ] = None,
    schedule: Annotated[
        Literal["constant", "one-cycle", "cosine"] | None,
        typer.Option(
            metavar="NAME",
            show_default=OF_RECIPE,
            case_sensitive=False,
            rich_help_panel=OPTIMIZER,
            help="The learning rate over the updates: constant, one-cycle (up to --lr and down) or "
            "cosine (from --lr down).",
        ),
    ] = None,
) -> None:
    """Options of the topics whose optimizer can be chosen."""


def label_smoothing(
    label_smoothing: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Spread so much of each target evenly over all classes, from 0 to 1.",
        ),
    ] = None,
) -> None:
    """The option of the topics with several classes."""


def augmentation(
    shift: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=LARGEST_SHIFT,
            metavar="PIXELS",
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Move each training image at random, by so many pixels at most.",
        ),
    ] = None,
) -> None:
    """The option of the topic that trains on images."""


def precision(
    precision: Annotated[
        Literal["fp32", "bf16"] | None,
        typer.Option(
            show_default="fp32",
            case_sensitive=False,
            rich_help_panel=TRAINING,
            help="What the products are computed in.",
        ),
    ] = None,
) -> None:
    """The option of the topics whose loss torch computes in fp32 under autocast."""


def full_or_batch_size(
    batch_size: Annotated[
        Any,
        typer.Option(
            metavar="full|N",
            parser=_full_or_number,
            show_default=OF_RECIPE,
            rich_help_panel=TRAINING,
            help="Samples per update: all of them, or N.",
        ),
    ] = None,
) -> None:
    """The option of the topic that has one."""


def output(as_json: Json = False, quiet: Quiet = False) -> None:
    """Options of every command."""


def part_of(group: Command, *names: str) -> Command:
    """Some of the options of a group, or of a command, as a group of their own."""
    found = inspect.signature(group).parameters

    def part() -> None:
        """Options that other commands have too."""

    part.__signature__ = inspect.Signature([found[each] for each in names])  # type: ignore[attr-defined]
    return part


def add_options(
    *groups: Command, defaults: Mapping[str, str] | None = None
) -> Callable[[Command], Command]:
    """The parameters of ``groups`` become options of a command, after its own.

    They reach it as its keyword arguments. The signature that Typer reads is put together here.
    ``defaults`` are what --help shows instead of OF_RECIPE.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command).parameters.values()
        found = [each for each in own if each.kind is not inspect.Parameter.VAR_KEYWORD]
        for group in (*groups, output):
            found += inspect.signature(group).parameters.values()
        parameters = [
            each.replace(
                kind=inspect.Parameter.KEYWORD_ONLY,
                annotation=_with_default(each.annotation, (defaults or {}).get(each.name)),
            )
            for each in found
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def _with_default(annotation: Any, text: str | None) -> Any:
    """An option with the default that --help shows."""
    option = next(iter(getattr(annotation, "__metadata__", ())), None)
    if text is None or option is None or option.show_default != OF_RECIPE:
        return annotation
    option = copy(option)
    option.show_default = text
    return Annotated[annotation.__origin__, option]

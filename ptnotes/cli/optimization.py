"""The options of the topics that say how the loss is brought down, in groups. No torch here."""

import re
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli.options import OF_RECIPE, OPTIMIZER, TRAINING, checked
from ptnotes.topics.options import LARGEST_SHIFT


def _full_or_number(value: str) -> int | str:
    if value != "full" and not re.fullmatch(r"0*[1-9]\d*", value):
        raise typer.BadParameter(f"'{value}' is neither 'full' nor a whole number from 1")
    return value if value == "full" else int(value)


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

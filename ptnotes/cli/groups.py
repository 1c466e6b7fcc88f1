"""The options of the topics that train something, in groups. No torch here."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli.completion import saved_runs
from ptnotes.cli.options import (
    MODEL,
    OF_RECIPE,
    SAVING,
    TRAINING,
    Confusion,
    DataDir,
    Device,
    Plot,
    Sample,
    Theme,
    Threads,
    checked,
)
from ptnotes.topics.options import LARGEST_SEED, check_value


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

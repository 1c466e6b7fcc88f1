"""The options that commands share, each written once. No torch here: --help needs none."""

import contextlib
import inspect
import re
from collections.abc import Callable, Mapping
from copy import copy
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.topics.options import LARGEST_SEED, MOST_THREADS, check_value

Command = Callable[..., None]
OF_RECIPE = "the recipe's"  # replaced by its numbers, topic by topic
# the panels of --help
MODEL, TRAINING, DATA, SAVING, OUTPUT = "Model", "Training", "Data", "Saving", "Output"


def _checked(name: str) -> Callable[[Any], Any]:
    """A callback that checks a value as the Python API does."""

    def check(value: Any) -> Any:
        try:
            if value is not None:
                check_value(name, value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        return value

    return check


def _full_or_number(value: str) -> int | str:
    if value != "full" and not re.fullmatch(r"0*[1-9]\d*", value):
        raise typer.BadParameter(f"'{value}' is neither 'full' nor a whole number from 1")
    return value if value == "full" else int(value)


def _directory(value: str) -> Path:
    if not value:
        raise typer.BadParameter("the name is empty")
    return Path(value)


def saved_runs(incomplete: str) -> list[str]:
    """For completion: the directories of saved runs, and those on the way to them."""
    start = Path(incomplete).parent if not incomplete.endswith("/") else Path(incomplete)
    with contextlib.suppress(OSError):
        found = {
            str(each.parent)
            for pattern in ("run.json", "*/run.json", "*/*/run.json")
            for each in start.glob(pattern)
        }
        return sorted(each for each in found if each.startswith(incomplete.rstrip("/")))
    return []


Seed = Annotated[
    int,
    typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="Seeds every source of randomness."),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        callback=_checked("device"),
        show_default="auto",
        rich_help_panel=TRAINING,
        help="Where to compute: cpu, cuda, cuda:N or mps; auto takes the best that is there.",
    ),
]
Threads = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=MOST_THREADS,
        metavar="N",
        show_default="torch's",
        rich_help_panel=TRAINING,
        help="CPU threads to compute with.",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        show_default="$PTNOTES_DATA or ./data",
        rich_help_panel=DATA,
        help="Where the data sets are, or are downloaded to.",
    ),
]
Sample = Annotated[
    bool,
    typer.Option(
        "--sample", rich_help_panel=DATA, help="The small data made by and shipped with ptnotes."
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", rich_help_panel=SAVING, help="Draw the curve: .png, .svg or .pdf."
    ),
]
Confusion = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        rich_help_panel=SAVING,
        help="Draw the confusion matrix: .png, .svg or .pdf.",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        rich_help_panel=OUTPUT,
        help="One JSON document on stdout; the table goes to stderr.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", rich_help_panel=OUTPUT, help="Only the result: no table, no progress."),
]


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
            callback=_checked("lr"),
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
            help="Save the run there after every epoch.",
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
) -> None:
    """Options of every topic that trains something."""


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
    save_best: Annotated[
        bool,
        typer.Option(
            "--save-best",
            rich_help_panel=SAVING,
            help="Keep the epoch with the best test accuracy too.",
        ),
    ] = False,
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

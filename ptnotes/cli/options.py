"""The options that commands share, each written once. No torch here: --help needs none."""

import math
import re
from pathlib import Path
from typing import Annotated, Literal

import typer


def _learning_rate(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter(f"{value} is not a finite number above 0")
    return value


def _device(value: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?|mps", value):
        raise typer.BadParameter(f"'{value}' is not one of auto, cpu, cuda, cuda:N, mps")
    return value


def _full_or_number(value: str | None) -> str | None:
    if value is not None and value != "full" and not re.fullmatch(r"0*[1-9]\d*", value):
        raise typer.BadParameter(f"'{value}' is neither 'full' nor a whole number from 1 up")
    return value


def _directory(value: str) -> Path:
    if not value:
        raise typer.BadParameter("the name is empty")
    return Path(value)


OF_RECIPE = "the recipe's"
LARGEST_SEED = 2**32 - 1  # numpy's

Recipe = Annotated[
    Literal["notes", "tuned"],
    typer.Option(help="Whose hyper-parameters: the notes', or what a practitioner would take."),
]
Epochs = Annotated[
    int | None,
    typer.Option(min=1, show_default=OF_RECIPE, help="Passes over the training data."),
]
BatchSize = Annotated[
    int | None, typer.Option(min=1, show_default=OF_RECIPE, help="Samples per update.")
]
FullOrBatchSize = Annotated[
    str | None,
    typer.Option(
        "--batch-size",
        metavar="full|N",
        callback=_full_or_number,
        show_default=OF_RECIPE,
        help="Samples per update: all of them, or N.",
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        "--lr", callback=_learning_rate, show_default=OF_RECIPE, help="The learning rate."
    ),
]
Momentum = Annotated[
    float | None,
    typer.Option(min=0, max=1, show_default=OF_RECIPE, help="SGD's momentum."),
]
Seed = Annotated[
    int, typer.Option(min=0, max=LARGEST_SEED, help="Seeds every source of randomness.")
]
Seeds = Annotated[
    int, typer.Option(min=1, help="Run so many seeds from --seed on; mean and standard deviation.")
]
Device = Annotated[
    str,
    typer.Option(
        metavar="auto|cpu|cuda|cuda:N|mps",
        callback=_device,
        help="Where to compute; auto takes CUDA, then MPS, then the CPU.",
    ),
]
Threads = Annotated[
    int | None, typer.Option(min=1, show_default="torch's", help="CPU threads to compute with.")
]
DataDir = Annotated[
    Path | None,
    typer.Option(
        envvar="PTNOTES_DATA",
        show_default="./data",
        help="Where the data sets lie, or are downloaded to.",
    ),
]
Sample = Annotated[
    bool, typer.Option("--sample", help="The small data made by and shipped with ptnotes.")
]
SampleUnread = Annotated[
    bool,
    typer.Option("--sample", help="Changes nothing here: this topic reads no data set."),
]
Out = Annotated[
    Path | None,
    typer.Option(metavar="DIR", parser=_directory, help="Save the run there after every epoch."),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the run in --out, with its own options.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace the run in --out.")]
SaveBest = Annotated[
    bool, typer.Option("--save-best", help="Keep the epoch with the best test accuracy too.")
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw the curve: .png, .svg or .pdf."),
]
Confusion = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Draw the confusion matrix: .png, .svg or .pdf."),
]
Json = Annotated[
    bool, typer.Option("--json", help="One JSON document on stdout; the table goes to stderr.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Only the result: no table, no progress.")]

"""The options that commands share, each written once. No torch here: --help needs none."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli.completion import saved_runs
from ptnotes.topics.options import LARGEST_SEED, MOST_THREADS, check_value

OF_RECIPE = "the recipe's"  # replaced by its numbers, topic by topic
# the panels of --help
MODEL, TRAINING, OPTIMIZER = "Model", "Training", "Optimizer"
DATA, SAVING, OUTPUT = "Data", "Saving", "Output"


def checked(name: str) -> Callable[[Any], Any]:
    """A callback that checks a value as the Python API does."""

    def check(value: Any) -> Any:
        try:
            if value is not None:
                check_value(name, value)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
        return value

    return check


def wants_json(as_json: bool, form: str | None) -> bool:
    """Whether --json or --format json is given. Raises BadParameter for --json of another form."""
    if as_json and form not in (None, "table", "json"):
        raise typer.BadParameter(f"--json is --format json, not {form}", param_hint="--format")
    return as_json or form == "json"


Seed = Annotated[
    int,
    typer.Option(min=0, max=LARGEST_SEED, metavar="N", help="Seeds every source of randomness."),
]
Device = Annotated[
    str | None,
    typer.Option(
        metavar="DEVICE",
        callback=checked("device"),
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
        metavar="FILE", rich_help_panel=SAVING, help="Draw the picture: .png, .svg or .pdf."
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
SavedRun = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        show_default=False,
        autocompletion=saved_runs,
        help="A directory that --out has made.",
    ),
]
Best = Annotated[
    bool, typer.Option("--best", help="Demand the best epoch's weights, which --save-best takes.")
]
Theme = Annotated[
    Literal["light", "dark"],
    typer.Option(rich_help_panel=SAVING, help="The colours of the figure."),
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

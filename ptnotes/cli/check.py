"""``runs check``: submitted runs against a reference run."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.completion import saved_runs
from ptnotes.cli.help import examples
from ptnotes.cli.main import show
from ptnotes.cli.runs import runs


@runs.command(
    epilog=examples(
        "ptnotes runs check submissions --against runs/first",
        "ptnotes runs check submissions --against runs/first --evaluate",
        "ptnotes runs check submissions --against runs/first --format csv",
    )
)
def check(
    submissions: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR",
            show_default=False,
            help="Directories with a directory per participant, the run anywhere in it; or runs.",
        ),
    ],
    against: Annotated[
        Path,
        typer.Option(
            metavar="RUN",
            show_default=False,
            autocompletion=saved_runs,
            help="The run as it was to be made.",
        ),
    ],
    tolerance: Annotated[
        float,
        typer.Option(min=0, max=1, metavar="SHARE", help="By how much accuracies may differ."),
    ] = 0.005,
    any_seed: Annotated[
        bool, typer.Option("--any-seed", help="The seed is the participant's choice.")
    ] = False,
    evaluate: Annotated[
        bool,
        typer.Option("--evaluate", help="Measure the weights: do they give what the run claims?"),
    ] = False,
    form: Annotated[
        Literal["table", "csv", "json", "markdown"],
        typer.Option("--format", help="How to print them; json is --json."),
    ] = "table",
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Submitted runs against a reference run, a row each: found, of the same configuration, its
    figures within the tolerance and of one piece, its weights those that gave them. Nothing in a
    submission is executed. Exit code 1 if one isn't ok.
    """
    as_json = options.wants_json(as_json, form)
    from ptnotes.check import command
    from ptnotes.engine.runtime import skip_dynamo
    from ptnotes.runs import overview

    def text(document: dict[str, Any]) -> str:
        found = command.table(document["result"]["submissions"])
        if form == "markdown":
            return overview.markdown(found.set_index("submission"))
        return found.to_csv(index=False, lineterminator="\n").rstrip("\n")

    skip_dynamo()
    events = command.events(
        submissions,
        against,
        tolerance=tolerance,
        any_seed=any_seed,
        evaluate=evaluate,
        data_dir=data_dir,
    )
    result = show(events, as_json, quiet, text=text if form in ("csv", "markdown") else None)
    if result["not_ok"]:
        raise typer.Exit(1)

"""``runs``: what --out has saved."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import named_failures
from ptnotes.cli.help import new_group
from ptnotes.cli.main import app, show
from ptnotes.console.output import writing

runs = new_group("Saved runs: list, show, compare.")
app.add_typer(runs, name="runs")

Directories = Annotated[
    list[Path],
    typer.Argument(metavar="DIR...", show_default=False, help="Directories that --out has made."),
]


@runs.command("list")
def list_runs(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[DIR]...", show_default=".", help="Runs, or what runs are below."),
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json", "markdown"],
        typer.Option("--format", help="How to print them; json is --json."),
    ] = "table",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Every run's topic, recipe, data, best and last accuracy, time, seed and date."""
    from ptnotes.runs import overview

    paths = directories or [Path()]
    if form in ("table", "json"):
        show(overview.listing(directories=paths), as_json or form == "json", quiet)
        return
    if as_json:
        raise typer.BadParameter(f"--json is --format json, not {form}", param_hint="--format")
    with named_failures():
        table = overview.table(paths)
        text = table.to_csv(lineterminator="\n") if form == "csv" else overview.markdown(table)
        with writing():
            typer.echo(text, nl=form == "markdown")


@runs.command("show")
def show_run(
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", show_default=False, help="A directory that --out has made."),
    ],
    plot: options.Plot = None,
    confusion: options.Confusion = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """One run in full: configuration, history, confusions, precision and recall."""
    from ptnotes.runs import overview

    show(overview.show(directory=directory, plot=plot, confusion=confusion), as_json, quiet)


@runs.command()
def compare(
    directories: Directories,
    plot: options.Plot = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Runs side by side: what differs, what came out, and with --plot their curves together."""
    from ptnotes.runs import overview

    show(overview.compare(directories=directories, plot=plot), as_json, quiet)

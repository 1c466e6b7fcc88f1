"""``runs``: what --out has saved."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.completion import saved_runs
from ptnotes.cli.failures import named_failures
from ptnotes.cli.help import examples, new_group
from ptnotes.cli.main import app, screen_width, show
from ptnotes.console.output import writing

runs = new_group("Saved runs: list, show, compare, make a page of, export, check.")
app.add_typer(runs, name="runs")

Directories = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR",
        show_default=False,
        autocompletion=saved_runs,
        help="Directories that --out has made.",
    ),
]


Condition = Annotated[
    list[str] | None,
    typer.Option(
        "--filter",
        metavar="NAME=VALUE",
        show_default=False,
        help="Only runs with it, such as topic=mnist; may be repeated.",
    ),
]


@runs.command(
    "list",
    epilog=examples(
        "ptnotes runs list",
        "ptnotes runs list runs --filter topic=mnist --sort best_accuracy",
        "ptnotes runs list runs --format csv",
    ),
)
def list_runs(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="DIR",
            show_default=".",
            autocompletion=saved_runs,
            help="Runs, or what runs are below.",
        ),
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json", "markdown"],
        typer.Option("--format", help="How to print them; json is --json."),
    ] = "table",
    sort: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            show_default="run",
            help="A column of --format csv: best_accuracy, date, seconds, …",
        ),
    ] = None,
    conditions: Condition = None,
    as_json: options.Json = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", rich_help_panel=options.OUTPUT, help="Only paths, one a line."),
    ] = False,
) -> None:
    """Every run's topic, recipe, data, best and last accuracy, time, seed and date."""
    from ptnotes.runs import overview

    paths, as_json = directories or [Path()], options.wants_json(as_json, form)
    chosen = conditions or []
    if form in ("csv", "markdown"):
        with named_failures():
            table = overview.table(paths, chosen, sort)
            text = table.to_csv(lineterminator="\n") if form == "csv" else overview.markdown(table)
            with writing():
                typer.echo(text, nl=form == "markdown")
    elif quiet and not as_json:
        with named_failures():
            found = overview.summaries(paths, chosen, sort)
            with writing():
                typer.echo("".join(f"{run['run']}\n" for run in found), nl=False)
    else:
        events = overview.listing(
            directories=paths, conditions=chosen, sort=sort, width=screen_width(as_json)
        )
        show(events, as_json, quiet)


@runs.command(
    "show",
    epilog=examples(
        "ptnotes runs show runs/first",
        "ptnotes runs show runs/first --plot curve.png",
        "ptnotes runs show runs/first --confusion matrix.svg",
    ),
)
def show_run(
    directory: options.SavedRun,
    plot: options.Plot = None,
    confusion: options.Confusion = None,
    theme: options.Theme = "light",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """One run in full: configuration, history, confusions, precision and recall."""
    from ptnotes.runs import overview

    events = overview.show(
        directory=directory,
        plot=plot,
        confusion=confusion,
        theme=theme,
        width=screen_width(as_json),
    )
    show(events, as_json, quiet, files=[each for each in (plot, confusion) if each])


@runs.command(
    epilog=examples(
        "ptnotes runs compare runs/first runs/second",
        "ptnotes runs compare runs/* --plot curves.png",
        "ptnotes runs compare runs/first runs/second --json",
    )
)
def compare(
    directories: Directories,
    plot: options.Plot = None,
    theme: options.Theme = "light",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Runs side by side: what differs, what came out, and with --plot their curves together."""
    from ptnotes.runs import overview

    events = overview.compare(
        directories=directories, plot=plot, theme=theme, width=screen_width(as_json)
    )
    show(events, as_json, quiet, files=[plot] if plot else [])


@runs.command(
    epilog=examples(
        "ptnotes runs page runs/first",
        "ptnotes runs page runs/cnn runs/resnet --out lesson.html",
        "ptnotes runs page runs/names --out names.html",
    )
)
def page(
    directories: Directories,
    out: Annotated[
        Path, typer.Option(metavar="FILE", rich_help_panel=options.SAVING, help="The HTML file.")
    ] = Path("page.html"),
    best: options.Best = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """One HTML file: the runs' curves and mistakes, and their networks, which read what one draws
    or types in the page. It needs no server and no network.
    """
    from ptnotes.page import build

    show(build.run(runs=directories, out=out, best=best), as_json, quiet, files=[out])


@runs.command(
    epilog=examples(
        "ptnotes runs export runs/first",
        "ptnotes runs export runs/cnn --to onnx --out cnn.onnx",
        "ptnotes runs export runs/names --to safetensors --best",
    )
)
def export(
    directory: options.SavedRun,
    to: Annotated[
        Literal["onnx", "safetensors"], typer.Option("--to", help="The format of the file.")
    ] = "onnx",
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=options.SAVING,
            show_default="model.onnx, model.safetensors",
            help="The file to write.",
        ),
    ] = None,
    best: options.Best = False,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """The network as a file for other programs: its graph with its weights (onnx), or its weights
    alone (safetensors). What is read from the file must compute what torch computes.
    """
    from ptnotes.export import command

    path = out or Path(f"model.{to}")
    events = command.run(run=directory, to=to, out=path, best=best, data_dir=data_dir)
    show(events, as_json, quiet, files=[path])

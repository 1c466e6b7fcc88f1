"""``reproduce``: saved runs again, or the runs of an experiment."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import say
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, screen_width, show
from ptnotes.engine.distributed import world_size

OF_EXPERIMENT = "Experiment"
MOST_JOBS = 61  # processes that Windows can wait for


@app.command(
    epilog=examples(
        "ptnotes reproduce runs/first",
        "ptnotes reproduce notes.toml --sample",
        "ptnotes reproduce tuned.toml --jobs 2 --format markdown",
    )
)
def reproduce(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            show_default=False,
            help="Runs that --out has saved, their run.json or --json documents; or one "
            "experiment.toml.",
        ),
    ],
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            metavar="SHARE",
            show_default="0",
            help="By how much accuracies of a run may differ.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            show_default="runs/EXPERIMENT",
            rich_help_panel=OF_EXPERIMENT,
            help="Where its runs are saved; those that are there are kept, or resumed.",
        ),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default="the file's",
            rich_help_panel=OF_EXPERIMENT,
            help="So many seeds of every cell.",
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_JOBS,
            metavar="N",
            show_default="1",
            rich_help_panel=OF_EXPERIMENT,
            help="Runs at a time, each in a process of one thread.",
        ),
    ] = None,
    sample: Annotated[
        bool,
        typer.Option(
            "--sample",
            rich_help_panel=OF_EXPERIMENT,
            help="All on the small data shipped with ptnotes; nothing is expected of it.",
        ),
    ] = False,
    form: Annotated[
        Literal["table", "markdown", "csv", "latex", "json"] | None,
        typer.Option(
            "--format",
            show_default="table",
            rich_help_panel=OF_EXPERIMENT,
            help="How to print what came out; json is --json.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            rich_help_panel=OF_EXPERIMENT,
            help="Draw the figures of all cells: .png, .svg or .pdf.",
        ),
    ] = None,
    theme: options.Theme = "light",
    device: options.Device = None,
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Saved runs trained again and compared value by value; or an experiment: the runs that a
    .toml file lists, their means and standard deviations, and what is expected of them. Exit code
    1 if something comes out otherwise.
    """
    own: dict[str, Any] = {"out": out, "seeds": seeds, "jobs": jobs, "sample": sample}
    own |= {"format": form, "plot": plot}
    machine: dict[str, Any] = {"device": device, "threads": threads, "data_dir": data_dir}
    if any(each.suffix.lower() == ".toml" for each in files):
        if tolerance is not None:
            raise typer.BadParameter("an experiment says what it expects", param_hint="--tolerance")
        if len(files) > 1:
            raise typer.BadParameter("an experiment is one file", param_hint="FILE")
        if world_size() > 1:
            raise typer.BadParameter("an experiment has --jobs: leave torchrun out")
        as_json = options.wants_json(as_json, form)
        _experiment(files[0], as_json, quiet, theme=theme, **own, **machine)
        return
    for name, value in own.items():
        if value:
            raise typer.BadParameter("it is for an experiment (.toml)", param_hint=f"--{name}")
    from ptnotes.engine.runtime import skip_dynamo
    from ptnotes.reproduce import again

    skip_dynamo()
    events = again.events(files, tolerance=tolerance, **machine)
    if not show(events, as_json, quiet).get("reproduced", True):  # under torchrun rank 0 says it
        raise typer.Exit(1)


def _experiment(path: Path, as_json: bool, quiet: bool, **given: Any) -> None:
    """Run it; which runs failed is said in the end."""
    from ptnotes.engine.runtime import skip_dynamo
    from ptnotes.reproduce import command
    from ptnotes.reproduce.forms import writer

    skip_dynamo()
    form, plot = given.pop("format"), given["plot"]
    jobs = given.pop("jobs") or 1
    text = writer(form)
    width = screen_width(as_json or text is not None)
    events = command.events(path, jobs=jobs, width=width, **given)
    result = show(events, as_json, quiet, files=[plot] if plot else [], text=text)
    for each in result.get("failed", ()):
        say(f"{each['run']}: {each['error']}")
    if missed := result.get("expectations_missed"):
        say(
            f"{missed} figures are not as expected" if missed > 1 else "1 figure is not as expected"
        )
    if missed or "failed" in result:
        raise typer.Exit(1)

"""``verify``: the notes' claims, judged."""

from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import say
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, show


@app.command(
    epilog=examples(
        "ptnotes verify --quick",
        "ptnotes verify --quick --only losses --all",
        "ptnotes verify --only bce-table --json",
    )
)
def verify(
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="ID|SECTION", show_default="all", help="This one; may be repeated."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Only claims that need no training and no data.")
    ] = False,
    every: Annotated[
        bool, typer.Option("--all", help="Show every claim with what was measured, by line.")
    ] = False,
    list_only: Annotated[bool, typer.Option("--list", help="Show the claims; check none.")] = False,
    seed: options.Seed = 0,
    device: options.Device = None,
    threads: options.Threads = None,
    data_dir: options.DataDir = None,
    plot: options.Plot = None,
    theme: options.Theme = "light",
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Every checkable claim of the notes, run and judged: how many of each section hold, and the
    corrections in words. Exit code 1 if a claim fails.
    """
    from ptnotes.verify import runner

    if list_only:
        if plot:
            raise typer.BadParameter("--list has no verdicts to draw", param_hint="--plot")
        show(runner.list_claims(only=only or [], quick=quick), as_json, quiet)
        return
    events = runner.run(
        only=only or [],
        quick=quick,
        seed=seed,
        device=device or "auto",
        threads=threads,
        data_dir=data_dir,
        shown="rows" if as_json else "all" if every else "summary",
        plot=plot,
        theme=theme,
    )
    failed = show(events, as_json, quiet, files=[plot] if plot else [])["failed"]
    if failed:
        say(f"{len(failed)} claims fail: {', '.join(failed)}")
        raise typer.Exit(1)

"""``inspect``: what a trained network is made of, and what it computes."""

from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, screen_width, show


@app.command(
    epilog=examples(
        "ptnotes inspect runs/first",
        "ptnotes inspect runs/first digit.png --plot inside.png",
        "ptnotes inspect runs/names Yamamoto --json",
    )
)
def inspect(
    run: options.SavedRun,
    given: Annotated[
        str | None,
        typer.Argument(
            metavar="[INPUT]",
            show_default=False,
            help="An image, a surname, or a CSV file of features, of which the first row is "
            "taken, or that of FILE:LINE.",
        ),
    ] = None,
    best: options.Best = False,
    plot: options.Plot = None,
    theme: options.Theme = "light",
    maps: Annotated[
        bool,
        typer.Option(
            "--maps",
            rich_help_panel=options.OUTPUT,
            help="With --json: every layer's output in full, not only its mean, least, largest.",
        ),
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """A network layer by layer: shapes, parameters, multiply-adds, time; and with an input what
    every layer makes of it, and what the prediction depends on.
    """
    from ptnotes.inspect import command

    events = command.run(
        run=run,
        given=given,
        best=best,
        maps=maps,
        plot=plot,
        theme=theme,
        width=screen_width(as_json),
    )
    show(events, as_json, quiet, files=[plot] if plot else [])

"""``predict``: a trained run on one's own input."""

from pathlib import Path
from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.main import app, show


@app.command()
def predict(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", show_default=False, help="A directory that --out has made."),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            show_default=False,
            help="Images, surnames, or CSV files of features. Surnames and rows come from standard "
            "input for -, surnames too if none is given.",
        ),
    ] = None,
    show_images: Annotated[
        bool, typer.Option("--show", help="Show each image as the network saw it.")
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="Take the best epoch's weights, not the last one's.")
    ] = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """A trained run on your own digits, surnames or rows of features."""
    from ptnotes.predict import command

    stdin = typer.get_binary_stream("stdin")
    events = command.run(run=run, inputs=inputs or [], stdin=stdin, show=show_images, best=best)
    show(events, as_json, quiet)

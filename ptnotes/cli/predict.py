"""``predict``: a trained run on one's own input."""

import sys
from typing import Annotated, BinaryIO

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import say
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, show
from ptnotes.errors import UsageError


@app.command(
    epilog=examples(
        "ptnotes predict runs/first digit.png --show",
        "ptnotes predict runs/first photos/ --json",
        "ptnotes predict runs/names Yamamoto Rossi",
    )
)
def predict(
    run: options.SavedRun,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[INPUT]...",
            show_default=False,
            help="Images and folders of them, surnames, or CSV files of features. Surnames and "
            "rows come from standard input for -, surnames too if none is given.",
        ),
    ] = None,
    show_images: Annotated[
        bool, typer.Option("--show", help="Show each image as the network sees it.")
    ] = False,
    best: options.Best = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """A trained run on your own digits, surnames or rows of features."""
    from ptnotes.predict import command

    events = command.run(
        run=run,
        inputs=inputs or [],
        stdin=_standard_input,
        show=show_images,
        best=best,
        columns=None if as_json else _columns_in_colour(),
    )
    show(events, as_json, quiet)


def _columns_in_colour() -> int | None:
    """The width of a standard output that shows colours and half blocks; else None."""
    from ptnotes.console.render import is_drawn, output_console

    console = output_console(as_json=False)
    coloured = is_drawn(console) and not console.no_color and not console.options.ascii_only
    return console.width if coloured else None


def _standard_input() -> BinaryIO:
    if _waits():
        say("reading from the terminal, a line each; Ctrl-D ends it (on Windows Ctrl-Z, Enter)")
    try:
        return typer.get_binary_stream("stdin")
    except RuntimeError as error:  # it can be closed
        raise UsageError("there is no standard input to read from: name the inputs") from error


def _waits() -> bool:
    """Whether standard input is a terminal, which waits for somebody to type."""
    return sys.stdin is not None and sys.stdin.isatty()

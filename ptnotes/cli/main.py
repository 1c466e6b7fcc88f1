"""The application: what every command shares. No command lives here."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ptnotes import __version__, machine
from ptnotes.errors import PtnotesError, UsageError

if TYPE_CHECKING:
    from ptnotes.rows import Event

app = typer.Typer(
    name="ptnotes",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # plain help and one-line errors, and rich is not imported for them
    pretty_exceptions_enable=False,
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"ptnotes {__version__}")
        raise typer.Exit


@app.callback()
def ptnotes(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and exit.")
    ] = False,
) -> None:
    """A well-known PyTorch course: every experiment is one command."""
    machine.settle()


@contextmanager
def named_failures() -> Iterator[None]:
    """A failure that a user can cause is one line on stderr, and an exit code."""
    try:
        yield
    except PtnotesError as error:
        typer.echo(f"ptnotes: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, UsageError) else 1) from error


def show(events: "Iterable[Event]", as_json: bool, quiet: bool) -> dict[str, Any]:
    """Show a run and return its result."""
    from ptnotes.report import present

    with named_failures():
        return present(events, as_json=as_json, quiet=quiet)

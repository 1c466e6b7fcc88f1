"""The application: what every command shares. No command lives here."""

import io
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from ptnotes import __version__
from ptnotes.cli.failures import named_failures
from ptnotes.engine.runtime import configure_allocator

if TYPE_CHECKING:
    from ptnotes.events import Event


class _Group(TyperGroup):
    def main(self, *arguments: Any, **options: Any) -> Any:
        _prepare_streams()  # before --help writes to them
        return super().main(*arguments, **options)


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        # a name may hold what the terminal's encoding hasn't
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="backslashreplace")


app = typer.Typer(
    name="ptnotes",
    cls=_Group,
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
    try:
        os.getcwd()
    except OSError:  # the libraries that torch loads would end the process
        typer.echo("ptnotes: the current directory was removed: change to another one", err=True)
        raise typer.Exit(1) from None
    configure_allocator()


def show(events: "Iterable[Event]", as_json: bool, quiet: bool) -> dict[str, Any]:
    """Show a run and return its result."""
    from ptnotes.console.render import present

    with named_failures():
        return present(events, as_json=as_json, quiet=quiet)

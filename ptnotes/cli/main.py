"""The application: what every command shares. No command lives here."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ptnotes import __version__
from ptnotes.console.escape import printable
from ptnotes.engine.runtime import configure_allocator
from ptnotes.errors import DataError, PtnotesError, UsageError

if TYPE_CHECKING:
    from ptnotes.events import Event

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
    configure_allocator()
    for stream in (sys.stdout, sys.stderr):
        # a name may hold what the terminal's encoding hasn't
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """A failure that a user can cause is one line on stderr, and an exit code."""
    try:
        try:
            yield
            sys.stdout.flush()
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            _discard_output()
            raise DataError(f"{error.filename or 'the output'}: {error.strerror}") from error
    except PtnotesError as error:
        typer.echo(f"ptnotes: {printable(str(error))}", err=True)
        raise typer.Exit(2 if isinstance(error, UsageError) else 1) from error


def show(events: "Iterable[Event]", as_json: bool, quiet: bool) -> dict[str, Any]:
    """Show a run and return its result."""
    from ptnotes.console.render import present

    with named_failures():
        return present(events, as_json=as_json, quiet=quiet)


def _discard_output() -> None:
    """What is left in the buffer would fail once more, loudly, when the process ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

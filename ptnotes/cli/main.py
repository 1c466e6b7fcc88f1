"""The application: what every command shares. No command lives here."""

import contextlib
import io
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ptnotes import __version__
from ptnotes.cli.failures import is_debugged, is_speaker, named_failures, say
from ptnotes.cli.help import App, Course
from ptnotes.console.encoding import HANDLER
from ptnotes.engine.distributed import world_size
from ptnotes.engine.runtime import configure_allocator
from ptnotes.errors import UsageError
from ptnotes.language import LANGUAGES, set_language

if TYPE_CHECKING:
    from ptnotes.events import Event

PATIENCE = 10.0  # seconds
UsageErrorOfTyper: Any = typer.BadParameter.__base__  # Typer has no public name for it


class _Main(Course):
    def main(  # type: ignore[override]  # the others are passed on
        self, args: Sequence[str] | None = None, **options: Any
    ) -> Any:
        if not is_speaker():
            _silence()
        _prepare_streams()  # before --help writes to them
        set_language(None)
        try:
            return super().main(_take_language(sys.argv[1:] if args is None else args), **options)
        except SystemExit as ended:
            if not is_speaker() and ended.code in (1, 2):  # not by a signal
                _wait_for_rank0(ended.code)
            raise

    def make_context(self, *given: Any, **options: Any) -> Any:
        with _usage_errors_as_lines():
            return super().make_context(*given, **options)

    def invoke(self, ctx: Any) -> Any:
        with _usage_errors_as_lines():
            return super().invoke(ctx)


@contextlib.contextmanager
def _usage_errors_as_lines() -> Iterator[None]:
    """What Typer says in four lines is one, in the language of the screen, and exit code 2."""
    try:
        yield
    except UsageErrorOfTyper as error:
        if not (message := error.format_message().replace("Value error, ", "")):
            raise  # of a group without a command, for which its help was shown
        command = error.ctx.command_path if error.ctx else "ptnotes"
        say(f"{message} ({command} --help)")
        raise typer.Exit(2) from error


def _silence() -> None:
    """What this process of torchrun writes is lost, its libraries' too: rank 0 speaks."""
    if is_debugged():
        return
    nowhere = open(os.devnull, "w", encoding="utf-8")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):  # no real file, or closed
            os.dup2(nowhere.fileno(), stream.fileno())
    sys.stdout = sys.stderr = nowhere


def _wait_for_rank0(code: Any) -> None:
    """torchrun ends all when one fails, and rank 0 may still have to say why. It ends this one
    when rank 0 has: then with its own exit code.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(code))
    time.sleep(PATIENCE)


def _take_language(arguments: Sequence[str]) -> list[str]:
    """Without ``--lang``, which may stand anywhere: --help needs it before it is parsed."""
    left: list[str] = []
    remaining = iter(arguments)
    for each in remaining:
        if each == "--":
            return [*left, each, *remaining]
        name, equals, value = each.partition("=")
        if name != "--lang":
            left.append(each)
            continue
        chosen = value if equals else next(remaining, "")
        if chosen not in LANGUAGES:
            say(f"--lang takes {' or '.join(LANGUAGES)}, not '{chosen}'")
            raise SystemExit(2)
        set_language(chosen)
    return left


def _prepare_streams() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by whoever started the process
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
    for stream in (sys.stdout, sys.stderr):
        # a name may hold what the terminal's encoding hasn't
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors=HANDLER)


UNDER_TORCHRUN = ("diabetes", "mnist", "names", "reproduce", "stats")

app = App(
    name="ptnotes",
    cls=_Main,
    rich_markup_mode=None,  # errors of one line, and rich is not imported for them
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"ptnotes {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def ptnotes(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and exit.")
    ] = False,
    # for --help: it is taken out of the line before anything is parsed
    lang: Annotated[
        str | None,
        typer.Option(
            metavar="en|zh",
            show_default="$PTNOTES_LANG or the system's",
            help="The language of the screen; before the command or after it.",
        ),
    ] = None,
) -> None:
    """The course 《PyTorch深度学习实践》: every experiment is one command."""
    try:
        os.getcwd()
    except OSError:  # the libraries that torch loads would end the process
        say("the current directory was removed: change to another one")
        raise typer.Exit(1) from None
    with named_failures():
        if world_size() > 1 and context.invoked_subcommand not in UNDER_TORCHRUN:
            raise UsageError(
                f"torchrun is for {', '.join(UNDER_TORCHRUN)}: type this command without it"
            )
    if context.invoked_subcommand is None:
        from ptnotes.console.start import start_here

        with named_failures():
            start_here()
        return
    configure_allocator()


def screen_width(as_json: bool) -> int:
    """Of what tables go to, in columns."""
    from ptnotes.console.render import output_console

    return output_console(as_json).width


def show(
    events: "Iterable[Event]",
    as_json: bool,
    quiet: bool,
    *,
    files: Sequence[Path] = (),
    hints: Sequence[str] = (),
    text: Callable[[dict[str, Any]], str] | None = None,
) -> dict[str, Any]:
    """Show a run and return its result; then the ``files`` it wrote, and what to type next.

    ``text`` writes the document, if not as JSON.
    """
    from ptnotes.console.render import present
    from ptnotes.console.summary import Ending

    with named_failures():
        if not is_speaker():
            deque(events, maxlen=0)
            return {}
        ending = Ending(files, hints)
        return present(events, as_json=as_json, quiet=quiet, ending=ending, text=text)

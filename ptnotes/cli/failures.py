"""How a command ends: errors, warnings and signals as one line on stderr and an exit code."""

import contextlib
import errno
import os
import shutil
import signal
import sys
import textwrap
import threading
import traceback
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

import typer

from ptnotes.console.escape import printable
from ptnotes.console.output import OutputError, writing
from ptnotes.engine.distributed import is_rank_zero
from ptnotes.errors import InternalError, PtnotesError, PtnotesWarning, UsageError
from ptnotes.language import translate

BY_SIGNAL = 128  # and the signal's number: what a shell says of a process that one has ended
BROKEN_PIPE = BY_SIGNAL + 13  # SIGPIPE, which Windows doesn't have


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """What fails is one line on stderr and an exit code; PTNOTES_DEBUG=1 adds the traceback.

    SIGTERM and SIGHUP end the work as Ctrl-C does, so that what is finished is saved.
    """
    with _warnings_as_lines(), _signals() as received:
        try:
            yield
            with writing():
                sys.stdout.flush()
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except (Exception, KeyboardInterrupt) as error:
            if received:
                raise typer.Exit(BY_SIGNAL + received[0]) from error
            if isinstance(error, KeyboardInterrupt):
                raise
            _end(error)


def _end(error: Exception) -> NoReturn:
    if is_debugged():
        traceback.print_exception(error)
    code = 2 if isinstance(error, UsageError) else 1
    match error:
        case InternalError() | PtnotesError() | PtnotesWarning():
            line = str(error)
        case OSError():
            if isinstance(error, OutputError):
                _discard_output()
            if isinstance(error, OutputError) and error.errno == errno.EPIPE:
                raise typer.Exit(BROKEN_PIPE) from error
            line = ": ".join(filter(None, (error.filename, error.strerror or str(error))))
        case MemoryError():
            line = "there is not enough memory"
        case _:
            line = f"{type(error).__name__}: {error} (a bug of ptnotes; PTNOTES_DEBUG=1 says where)"
    say(line)
    raise typer.Exit(code) from error


def say(line: str) -> None:
    """One line on stderr, in the language of the screen."""
    text = f"ptnotes: {printable(translate(line))}"
    if not is_speaker():
        return
    with contextlib.suppress(OSError):  # stderr may be gone too
        if sys.stderr.isatty():  # a terminal would break words
            width = shutil.get_terminal_size().columns
            text = textwrap.fill(
                text, max(width, 1), break_long_words=False, break_on_hyphens=False
            )
        typer.echo(text, err=True)


def is_debugged() -> bool:
    """Whether PTNOTES_DEBUG asks for tracebacks."""
    return os.environ.get("PTNOTES_DEBUG", "0") not in ("", "0")


def is_speaker() -> bool:
    """Whether this process writes to the screen: under torchrun, rank 0 alone."""
    try:
        return is_rank_zero()
    except UsageError:  # RANK is none of torchrun's
        return True


def _discard_output() -> None:
    """What is left in the buffer would fail once more, loudly, when the process ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def _warnings_as_lines() -> Iterator[None]:
    show = warnings.showwarning

    def show_line(message: Warning | str, category: type[Warning], *rest: Any) -> None:
        if issubclass(category, PtnotesWarning):
            say(str(message))
        else:
            show(message, category, *rest)

    with warnings.catch_warnings():
        warnings.showwarning = show_line  # type: ignore[assignment]  # the rest is passed on
        warnings.simplefilter("always", PtnotesWarning)
        yield


@contextlib.contextmanager
def _signals() -> Iterator[list[int]]:
    """Inside, the first signal that would end the process is a KeyboardInterrupt, and listed."""
    received: list[int] = []

    def interrupt(number: int, _: Any) -> None:
        received.append(number)
        raise KeyboardInterrupt

    there = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    if threading.current_thread() is not threading.main_thread():
        there = []  # no other thread can have handlers
    # under nohup, SIGHUP is ignored and stays so
    numbers = [each for each in there if each and signal.getsignal(each) == signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)

"""Events → a screen, or the JSON document. No torch here."""

import errno
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

from rich.console import Console

from ptnotes.console.output import writing
from ptnotes.console.plain import PlainScreen
from ptnotes.console.summary import Ending
from ptnotes.console.terminal import TerminalScreen
from ptnotes.errors import PtnotesError
from ptnotes.events import Event, RunRecord


class OutputConsole(Console):
    """A rich console whose ``print`` raises OutputError."""

    def print(self, *objects: Any, **options: Any) -> None:
        with writing():
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """rich would end the process with exit code 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def output_console(as_json: bool) -> OutputConsole:
    """What tables go to: standard output, beside a JSON document standard error."""
    console = OutputConsole(stderr=as_json, highlight=False, soft_wrap=True, force_jupyter=False)
    if not console.width:  # COLUMNS may be 0, and rich would show nothing
        console.width = 80
    return console


def is_drawn(console: Console) -> bool:
    """Whether it is a terminal with a cursor, not a pipe or a file."""
    return console.is_terminal and not console.is_dumb_terminal


def present(
    events: Iterable[Event],
    *,
    as_json: bool = False,
    quiet: bool = False,
    ending: Ending | None = None,
    text: Callable[[dict[str, Any]], str] | None = None,
) -> dict[str, Any]:
    """Show a run while it goes on; returns what its Result holds.

    On a terminal it is drawn, elsewhere it is plain text. The table goes to stdout; with
    ``as_json`` stdout carries one JSON document, and the table goes to stderr. ``quiet`` leaves
    only the result (or the document); ``text`` is what the document is written as, if not as JSON.
    ``ending`` is said after the result, on a terminal. When the
    run is interrupted, what was finished is still reported before KeyboardInterrupt is raised
    again; and so is the result if something fails after it.
    """
    as_document = as_json or text is not None
    console = output_console(as_document)
    record = RunRecord()
    failure: BaseException | None = None
    drawn = is_drawn(console) and not quiet
    screen = TerminalScreen(console) if drawn else PlainScreen(console, quiet)
    followed = record.follow(events)
    try:
        for event in followed:
            screen.show(event, record)
    except (KeyboardInterrupt, PtnotesError) as error:
        failure = error
    finally:
        screen.stop()
        followed.close()  # an interruption here ends the run too
    if as_document and (record.result or isinstance(failure, KeyboardInterrupt)):
        written = (text or _as_json)(record.document(interrupted=True))
        with writing():
            if written:
                print(written)
    elif record.result:
        screen.show_result(record, ending if ending and not failure else Ending())
    if failure:
        raise failure
    assert record.result
    return record.result.values


def _as_json(document: dict[str, Any]) -> str:
    utf_8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
    return json.dumps(document, ensure_ascii=not utf_8, allow_nan=False)

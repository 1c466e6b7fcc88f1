"""Events → a table that grows on screen, or the JSON document. No torch here."""

import errno
import json
import os
import sys
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from ptnotes.console.escape import printable
from ptnotes.console.output import writing
from ptnotes.console.progress import ProgressBar
from ptnotes.errors import PtnotesError
from ptnotes.events import EpochRow, Event, Header, Progress, Row, RunRecord, Table

MAX_UPDATES = 100  # rows of single updates that are all shown; of more, SHOWN
SHOWN = 20


class OutputConsole(Console):
    """A rich console whose ``print`` raises OutputError."""

    def print(self, *objects: Any, **options: Any) -> None:
        with writing():
            super().print(*objects, **options)

    def on_broken_pipe(self) -> None:
        """rich would end the process with exit code 1."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def present(
    events: Iterable[Event], *, as_json: bool = False, quiet: bool = False
) -> dict[str, Any]:
    """Show a run while it goes on; returns what its Result holds.

    As text, the table goes to stdout; with ``as_json`` stdout carries one JSON document, and the
    table goes to stderr. ``quiet`` leaves only the result (or the document). When the run is
    interrupted, what was finished is still reported before KeyboardInterrupt is raised again; and
    so is the result if something fails after it.
    """
    console = OutputConsole(stderr=as_json, highlight=False, soft_wrap=True, force_jupyter=False)
    if not console.width:  # COLUMNS may be 0, and rich would show nothing
        console.width = 80
    record = RunRecord()
    failure: BaseException | None = None
    bar = ProgressBar(console, quiet)
    followed = record.follow(events)
    try:
        for event in followed:
            if isinstance(event, Progress):
                bar.advance(event)  # starts it; not before: a download may draw a bar of its own
            else:
                _show(console, event, record, quiet)
    except (KeyboardInterrupt, PtnotesError) as error:
        failure = error
    finally:
        bar.stop()
        followed.close()  # an interruption here ends the run too
    if as_json and (record.result or isinstance(failure, KeyboardInterrupt)):
        utf_8 = sys.stdout.encoding.lower().replace("-", "") == "utf8"
        document = record.document(interrupted=True)
        with writing():
            print(json.dumps(document, ensure_ascii=not utf_8, allow_nan=False))
    elif record.result:
        for line in _summary(record.result.values):
            console.print(line, markup=False)
    if failure:
        raise failure
    assert record.result
    return record.result.values


def _show(console: Console, event: Event, record: RunRecord, quiet: bool) -> None:
    match event:
        case Header() if not quiet:
            for line in _headlines(event):
                console.print(line, markup=False)
        case Row() if not quiet or record.header.records == "result":
            index = len(record.rows) - 1
            if _is_shown(index, event, record.header.rows):
                if not (index or quiet):
                    console.print(_titles(event), markup=False)
                console.print(_line(event), markup=False)
        case Table() if not quiet:
            console.print(event.title, markup=False, style="bold")
            console.print(_drawn(event), soft_wrap=False)
            console.print()


def _drawn(table: Table) -> RichTable:
    drawn = RichTable(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in table.headings:
        drawn.add_column(escape(heading), overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(escape, row))
    return drawn


def _headlines(header: Header) -> list[str]:
    """What runs, and on what: two lines at most, each below 60 columns."""
    config = header.config
    what = [
        f"{name} {config[name]}" for name in ("arch", "cell", "via", "recipe") if name in config
    ]
    seeds = config.get("seeds", 1)
    if seeds > 1:
        config = config | {"seed": f"{config['seed']} to {config['seed'] + seeds - 1}"}
    on = [f"{name} {config[name]}" for name in ("data", "seed", "device") if name in config]
    if config.get("data") == "sample":
        on[0] += " (made by ptnotes)"
    if config.get("device") == "cpu":
        on[-1] += f" ({header.environment['threads']} threads)"
    return [" · ".join(line) for line in ([f"ptnotes {header.topic}", *what], on) if line]


def _is_shown(index: int, row: Row, rows: int) -> bool:
    """Whether row ``index`` of ``rows`` is shown: of many single updates SHOWN, evenly spaced."""
    if isinstance(row, EpochRow) or rows <= MAX_UPDATES:
        return True
    nearest = round(index * (SHOWN - 1) / (rows - 1))
    return index == round(nearest * (rows - 1) / (SHOWN - 1))


def _columns(row: Row) -> list[tuple[str, str]]:
    """(title, text), equally wide, of every column that this row fills; text flush left."""
    columns = []
    for column in fields(row):
        value = getattr(row, column.name)
        if value is None or "title" not in column.metadata:
            continue
        title, spec = column.metadata["title"], column.metadata["spec"]
        if isinstance(value, str):
            value = printable(value)
        text = format(value, spec) if spec else _text(column.name, value)
        if isinstance(value, int | float):
            least = 9 if spec.endswith("e") else 6  # -1.23e-45
            width = max(len(title), least, len(format(0, spec)))
            columns.append((title.rjust(width), text.rjust(width)))
        else:
            width = len(format("", spec)) if spec else 0
            columns.append((title.ljust(width), text.ljust(width)))
    return columns


def _titles(row: Row) -> str:
    return "  ".join(title for title, _ in _columns(row)).rstrip()


def _line(row: Row) -> str:
    return "  ".join(text for _, text in _columns(row)).rstrip()


def _summary(result: dict[str, Any]) -> list[str]:
    """``name  value``, a line each; lists and objects are for JSON, but a pair of numbers.

    The standard deviation ``name_std`` follows its mean.
    """
    plain = {
        name: _text(name, value)
        for name, value in result.items()
        if _is_short(value) and name.removesuffix("_std") not in result.keys() - {name}
    }
    for name in plain:
        if f"{name}_std" in result:
            plain[name] += f" ± {_text(name, result[f'{name}_std'])}"
    width = max(map(len, plain), default=0)
    return [f"{name.replace('_', ' '):<{width}}  {text}" for name, text in plain.items()]


def _is_short(value: Any) -> bool:
    if isinstance(value, list):
        return len(value) == 2 and all(isinstance(part, int | float) for part in value)
    return not isinstance(value, dict)


def _text(name: str, value: Any) -> str:
    if isinstance(value, dict):
        parts = (f"{key.replace('_', ' ')} {_text(key, part)}" for key, part in value.items())
        return ", ".join(parts)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_text(name, part) for part in value) + "]"
    if isinstance(value, float) and name.endswith(("accuracy", "share")):
        return f"{value:.2%}"
    if isinstance(value, float) and name.endswith("seconds"):
        return f"{value:.2f}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

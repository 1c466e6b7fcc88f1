"""Rows → a table that grows on screen, or the JSON document. No torch here."""

import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from ptnotes import __version__
from ptnotes.rows import Event, Header, Progress, Result, Row


def present(events: Iterable[Event], *, as_json: bool = False, quiet: bool = False) -> None:
    """Show a run while it goes on.

    As text, the table goes to stdout; with ``as_json`` stdout carries one JSON document, and the
    table goes to stderr. ``quiet`` leaves only the result (or the document). When the run is
    interrupted, what was finished is still reported before KeyboardInterrupt goes on.
    """
    console = Console(stderr=as_json, highlight=False, soft_wrap=True)
    document: dict[str, Any] = {}
    history: list[dict[str, Any]] = []
    interrupted = False
    try:
        with _bar(console, quiet) as bar:
            for event in events:
                match event:
                    case Header():
                        header = event
                        document = _opening(event)
                        if not quiet:
                            for line in _headlines(event):
                                console.print(line, markup=False)
                    case Progress():
                        _advance(bar, event)
                    case Row():
                        if not quiet and _is_shown(len(history), header):
                            if not history:
                                console.print(_titles(event), markup=False)
                            console.print(_line(event), markup=False)
                        history.append(_record(event))
                    case Result():
                        document |= {"history": history} if history else {}
                        document["result"] = event.values
    except KeyboardInterrupt:
        interrupted = True
        document |= {"history": history, "result": {"interrupted": True}}
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    elif not interrupted:
        for line in _summary(document["result"]):
            console.print(line, markup=False)
    if interrupted:
        raise KeyboardInterrupt


def _opening(header: Header) -> dict[str, Any]:
    return {
        "topic": header.topic,
        "version": __version__,
        "config": header.config,
        "environment": header.environment,
    }


def _headlines(header: Header) -> tuple[str, str]:
    """What runs, and on what: two lines, each below 60 columns."""
    config = header.config
    what = [
        f"{name} {config[name]}" for name in ("arch", "cell", "via", "recipe") if name in config
    ]
    device = f"device {config['device']}"
    if config["device"] == "cpu":
        device += f" ({header.environment['threads']} threads)"
    data = [f"data {config['data']}"] if "data" in config else []
    first = " · ".join([f"ptnotes {header.topic}", *what])
    return first, " · ".join([*data, f"seed {config['seed']}", device])


def _bar(console: Console, quiet: bool) -> Bar:
    return Bar(
        TextColumn("epoch {task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


def _advance(bar: Bar, progress: Progress) -> None:
    epoch = str(progress.epoch)
    if not bar.tasks:
        bar.add_task(epoch, total=progress.total)
    elif bar.tasks[0].description != epoch:
        bar.reset(bar.tasks[0].id, description=epoch)  # its clock too: time left is the epoch's
    bar.update(bar.tasks[0].id, completed=progress.done)


def _is_shown(index: int, header: Header) -> bool:
    """Whether row ``index`` (from 0) is among ``shown`` evenly spaced ones, first and last in."""
    rows, shown = header.rows, header.shown
    if shown is None or rows <= shown:
        return True
    nearest = round(index * (shown - 1) / (rows - 1))
    return index == round(nearest * (rows - 1) / (shown - 1))


def _record(row: Row) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if value is not None}


def _columns(row: Row) -> list[tuple[str, int, str]]:
    """(title, width, text) of every column that this row fills."""
    columns = []
    for column in fields(row):
        value = getattr(row, column.name)
        if value is not None:
            title, spec = column.metadata["title"], column.metadata["spec"]
            width = 9 if spec.endswith("e") else 6  # -1.23e-45
            columns.append((title, max(len(title), width), format(value, spec)))
    return columns


def _titles(row: Row) -> str:
    return "  ".join(title.rjust(width) for title, width, _ in _columns(row))


def _line(row: Row) -> str:
    return "  ".join(text.rjust(width) for _, width, text in _columns(row))


def _summary(result: dict[str, Any]) -> list[str]:
    """``name  value``, a line each; lists and objects are for JSON."""
    plain = {name: value for name, value in result.items() if not isinstance(value, list | dict)}
    width = max(map(len, plain), default=0)
    return [
        f"{name.replace('_', ' '):<{width}}  {_text(name, value)}" for name, value in plain.items()
    ]


def _text(name: str, value: Any) -> str:
    if name.endswith(("accuracy", "share")):
        return f"{value:.2%}"
    if name.endswith("seconds"):
        return f"{value:.2f}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)

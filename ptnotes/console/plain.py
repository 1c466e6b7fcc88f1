"""Rows of plain text, for pipes and files: no colour, no cursor, one line per row."""

from collections.abc import Mapping

from rich.box import ASCII2, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from ptnotes.console import cells
from ptnotes.console.escape import printable
from ptnotes.console.summary import Ending, numbers
from ptnotes.console.theme import styled
from ptnotes.events import Event, Header, Marked, Row, RunRecord, Table
from ptnotes.language import translate


class PlainScreen:
    """Shows events as they come; ``quiet`` leaves the result."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self.console, self.quiet = console, quiet

    def show(self, event: Event, record: RunRecord) -> None:
        """One event; Progress is for terminals."""
        match event:
            case Header() if not self.quiet:
                what, on = headlines(event)
                for line in filter(None, ([f"ptnotes {what[0]}", *what[1:]], on)):
                    self.console.print(" · ".join(line), markup=False)
            case Row() if not self.quiet or record.header.records == "result":
                index = len(record.rows) - 1
                if self.quiet and (brief := event.brief()) is not None:
                    self.console.print(printable(brief), markup=False)
                elif cells.is_shown(event, index, record.header):
                    found = cells.cells_of(event)
                    if not (index or self.quiet):
                        self.console.print(cells.titles(found), markup=False)
                    self.console.print(cells.line(found), markup=False)
            case Table() if not self.quiet:
                self.console.print(styled(event.title, "title"))
                self.console.print(drawn(event, self.console), soft_wrap=False)
                self.console.print()

    def show_result(self, record: RunRecord, ending: Ending) -> None:
        """``name  value``, a line each."""
        assert record.result
        for line in aligned(numbers(record.result.values)):
            self.console.print(line, markup=False)

    def stop(self) -> None:
        """Nothing is left open."""


def aligned(texts: Mapping[str, str]) -> list[str]:
    """``name  value``, the values below each other."""
    named = [(translate(name.replace("_", " ")), text) for name, text in texts.items()]
    width = max((cell_len(name) for name, _ in named), default=0)
    return [name + " " * (width - cell_len(name) + 2) + text for name, text in named]


def headlines(header: Header) -> tuple[list[str], list[str]]:
    """The parts of what runs, the topic first, and of what it runs on: each below 60 columns."""
    config = header.config
    what = [
        f"{translate(name)} {config[name]}"
        for name in ("experiment", "lesson", "arch", "cell", "via", "recipe")
        if name in config
    ]
    seeds = config.get("seeds", 1)
    if seeds > 1:
        config = config | {"seed": f"{config['seed']}–{config['seed'] + seeds - 1}"}
    on = {
        name: f"{translate(name)} {config[name]}"
        for name in ("data", "seed", "device")
        if name in config
    }
    if config.get("data") == "sample":
        on["data"] += f" {translate('(made by ptnotes)')}"
    if config.get("device") == "cpu":
        processes, threads = header.environment.get("processes"), header.environment["threads"]
        each = f"{threads} thread" if threads == 1 else f"{threads} threads"
        each = f"{processes} processes × {each}" if processes else each
        on["device"] += " " + translate(f"({each})")
    return [header.topic, *what], [*on.values()]


def drawn(table: Table, console: Console) -> RichTable:
    """A Table as rich has it: headings bold, cells with their roles."""
    box = ASCII2 if console.options.ascii_only else SIMPLE_HEAD
    found = RichTable(box=box, show_edge=False, pad_edge=False, collapse_padding=True)
    for heading in table.headings:
        found.add_column(styled(heading), overflow="fold")
    for row in table.rows:
        found.add_row(*map(_cell, row))
    return found


def _cell(text: str) -> Text:
    """A single word is a name or a value, and stays as it is."""
    if isinstance(text, Marked) or " " in text:
        return styled(text)
    return styled(Marked((text, "")))

"""A run on a terminal: its rows in colour, a live line below them, a panel in the end."""

from collections.abc import Sequence
from typing import Any

from rich.box import ASCII, ROUNDED
from rich.cells import cell_len
from rich.console import Console
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text

from ptnotes.console import cells
from ptnotes.console.cells import GAP, Cell
from ptnotes.console.escape import printable
from ptnotes.console.plain import drawn, headlines
from ptnotes.console.progress import LiveLine
from ptnotes.console.summary import Ending, best_epoch, losses, majority, numbers, weakest
from ptnotes.console.theme import STYLES, sparkline, styled
from ptnotes.events import EpochRow, Event, Header, Progress, Row, RunRecord, Table
from ptnotes.language import translate
from ptnotes.quantities import written

MARK = 2  # cells beside a number: the change of the loss, the star of the best epoch
CURVE = 40  # cells
WIDEST = 90  # cells of the panel
HEADLINES = ("normalize", "test_accuracy", "train_accuracy")  # else a result's first number
SECONDARY = (
    "seconds",
    "test_loss",
    "val_loss",
)  # columns left out first where the terminal is narrow


class TerminalScreen:
    """Shows events as they come."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.live = LiveLine(console)
        self._best = float("-inf")
        self._loss: float | None = None

    def show(self, event: Event, record: RunRecord) -> None:
        """One event."""
        match event:
            case Progress():
                self.live.advance(event, record)  # starts it: a download may draw a bar before
            case Header():
                (topic, *what), on = headlines(event)
                name = Text(topic, style=STYLES["headline"])
                self._print(Text(" · ").join([name, *map(Text, what)]))
                if on:
                    self._print(Text(" · ".join(on), style="dim"))
            case Row():
                self._show_row(event, record)
            case Table():
                self._print(Text())
                self._print(styled(event.title, "title"))
                self._print(drawn(event, self.console))

    def _print(self, *drawn: Any) -> None:
        self.console.print(*drawn, soft_wrap=False)

    def _show_row(self, row: Row, record: RunRecord) -> None:
        index = len(record.rows) - 1
        if not cells.is_shown(row, index, record.header):
            return
        found = _fitting(cells.cells_of(row), self.console.width)
        if not index:
            self._print(Text())
            heading = GAP.join(each.padded(each.title) + " " * _extra(each) for each in found)
            self._print(Text(heading.rstrip(), style="bold"))
            self._print(Text("─" * min(cell_len(heading), self.console.width), style="dim"))
        parts = [self._drawn_cell(row, each) for each in found]
        self._print(Text(GAP).join(parts))

    def _drawn_cell(self, row: Row, cell: Cell) -> Text:
        shown = row.shown(cell.name)
        if shown is not None:
            text = styled(shown)
            text.append(" " * (cell.width - text.cell_len))
            return text
        style, mark = "", ""
        value = getattr(row, cell.name)
        if isinstance(row, EpochRow) and cell.name.endswith("accuracy") and value > self._best:
            style, mark, self._best = STYLES["best"], "★", value
        elif cell.name == "train_loss":
            mark = self._change(value)
        elif cell.name.endswith("seconds") or cell.name in ("epoch", "seed"):
            style = STYLES["dim"]
        text = Text(cell.padded(cell.text), style=style)
        if _extra(cell):
            text.append(f" {mark or ' '}", style=STYLES["bad" if mark == "▲" else "good"])
        return text

    def _change(self, loss: float) -> str:
        """Whether the loss went down or up."""
        before, self._loss = self._loss, loss
        if before is None or loss == before:
            return ""
        return "▼" if loss < before else "▲"

    def stop(self) -> None:
        """Remove the live line."""
        self.live.stop()

    def show_result(self, record: RunRecord, ending: Ending) -> None:
        """A panel: the result, what it means, the files, and what to type next."""
        assert record.result
        result = numbers(record.result.values)
        if not result:
            return
        name = next((each for each in HEADLINES if each in result), next(iter(result)))
        value = result.pop(name)
        told = [(each, Text(text)) for each, text in result.items()] + self._meaning(record)
        told += [("written", Text(each)) for each in ending.written()]
        grid = RichTable.grid(padding=(0, 2))
        grid.add_column(style="dim", overflow="fold", max_width=32)
        grid.add_column(overflow="fold")
        title = Text(translate(name.replace("_", " ")), "bold not dim")
        grid.add_row(title, Text(value, STYLES["headline"]))
        for each, text in told:
            grid.add_row(translate(each.replace("_", " ")), text)
        self._print(Text())
        panel = Panel(
            grid,
            box=ASCII if self.console.options.ascii_only else ROUNDED,
            border_style="dim",
            padding=(0, 1),
            width=min(WIDEST, self.console.width),
        )
        self._print(panel)
        for hint in ending.hints:
            told_next = (f"{translate('next:')} ", "dim"), (printable(hint), STYLES["headline"])
            self._print(Text.assemble(*told_next))

    def _meaning(self, record: RunRecord) -> list[tuple[str, Text]]:
        assert record.result
        values, told = record.result.values, []
        if "larger_class_share" not in values and (always := majority(values)):
            label, accuracy = always
            told.append(("majority class", Text(f"{_share(accuracy)} ({printable(label)})")))
        if (low := weakest(values)) and len(values["per_class"]) > 2:
            named = (f"{printable(label)} {_share(recall)}" for label, recall in low)
            told.append(("weakest classes", Text(", ".join(named))))
        if "best_epoch" not in values and (best := best_epoch(record)):
            told.append(("best epoch", Text(f"{best[0]}: {_share(best[1])}")))
        curve = losses(record)
        if len(curve) > 2:
            width = max(8, min(CURVE, self.console.width - 50))
            line = Text(sparkline(curve, width), style="cyan")
            ends = f"  {written('loss', curve[0])} → {written('loss', curve[-1])}"
            told.append(("training loss", line.append(ends, style="default")))
        return told


def _share(part: float) -> str:
    return written("accuracy", part)


def _extra(cell: Cell) -> int:
    return MARK if cell.name.endswith("accuracy") or cell.name == "train_loss" else 0


def _fitting(found: Sequence[Cell], width: int) -> list[Cell]:
    """The columns that the terminal has room for, the first and the most important ones."""
    kept = list(found)
    droppable = [each for part in SECONDARY for each in reversed(found) if each.name.endswith(part)]
    while droppable and _width(kept) > width:
        kept.remove(droppable.pop(0))
    while len(kept) > 1 and _width(kept) > width and all(each.is_number for each in kept):
        kept.pop()
    return kept


def _width(found: Sequence[Cell]) -> int:
    return sum(max(each.width, cell_len(each.text)) + _extra(each) + len(GAP) for each in found)

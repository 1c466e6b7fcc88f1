"""A Row as cells of equal widths."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from rich.cells import cell_len

from ptnotes.console.escape import printable
from ptnotes.events import EpochRow, Header, Row
from ptnotes.language import translate, translate_phrase
from ptnotes.quantities import is_round, written

MAX_UPDATES = 30  # rows of single updates that are all shown; of more, the 1st, 2nd, 5th, 10th, …
GAP = "  "
DIVERGING = 1e4  # values from here on, as of a training that diverges, have an exponent


@dataclass(frozen=True)
class Cell:
    """One column of a Row: ``text`` under ``title``, both padded to ``width`` cells."""

    name: str
    title: str
    text: str
    width: int
    is_number: bool

    def padded(self, text: str) -> str:
        """Numbers flush right. A Chinese character is two cells wide."""
        room = " " * (self.width - cell_len(text))
        return room + text if self.is_number else text + room


def cells_of(row: Row) -> list[Cell]:
    """The columns that this row fills."""
    found = []
    for field in fields(row):
        value = getattr(row, field.name)
        if value is None or "title" not in field.metadata:
            continue
        title, spec = translate(field.metadata["title"]), field.metadata["spec"]
        is_number = isinstance(value, int | float)
        if is_number:
            text = format(value, spec) if spec else written(field.name, value)
            signed = spec.endswith("f") and not field.name.endswith(("loss", "seconds"))
            # 9 for -1.23e-45
            least = max(9 if spec.endswith("e") else 6, len(format(-1 if signed else 0, spec)))
            least = max(least, cell_len(title))
            if (
                spec.endswith("f")
                and abs(value) >= DIVERGING
                and not field.name.endswith("seconds")
            ):
                text = f"{value:.{min(2, max(0, least - 7))}e}"  # 7 for -1e+08
        else:
            if isinstance(value, str):
                text = printable(translate_phrase(value))
            else:
                text = written(field.name, value)
            least = len(format("", spec))
        found.append(Cell(field.name, title, text, least, is_number))
    return found


def titles(cells: Sequence[Cell]) -> str:
    return GAP.join(cell.padded(cell.title) for cell in cells).rstrip()


def line(cells: Sequence[Cell]) -> str:
    return GAP.join(cell.padded(cell.text) for cell in cells).rstrip()


def is_shown(row: Row, index: int, header: Header) -> bool:
    """Whether row ``index`` is shown: of many single updates few, so that the learning is seen."""
    updates = header.records == "history" and not isinstance(row, EpochRow)
    if not updates or header.rows <= MAX_UPDATES:
        return True
    epoch: Any = getattr(row, "epoch", index + 1)
    return is_round(epoch) or epoch == header.config.get("epochs", header.rows)

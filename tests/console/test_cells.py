from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ptnotes.console import cells
from ptnotes.events import EpochRow, Header, Row, column
from ptnotes.language import set_language


@dataclass(frozen=True)
class NumberedRow(Row):
    epoch: int = column("epoch")
    text: str = column("name", "<12", default="")


def shown(count):
    header = Header("linreg", {"epochs": count}, {}, rows=count)
    found = (NumberedRow(epoch) for epoch in range(1, count + 1))
    return [row.epoch for index, row in enumerate(found) if cells.is_shown(row, index, header)]


@given(st.integers(1, 20_000))
def test_few_of_many_updates(count):
    picked = shown(count)
    assert picked[0] == 1
    assert picked[-1] == count
    assert len(picked) <= cells.MAX_UPDATES


def test_updates_at_1_2_5():
    assert shown(300) == [1, 2, 5, 10, 20, 50, 100, 200, 300]


def test_every_epoch_is_shown():
    header = Header("names", {"epochs": 500}, {}, rows=500)
    assert all(cells.is_shown(EpochRow(index + 1, 0.5), index, header) for index in range(500))


def test_chinese_name_shifts_no_column():
    found = [cells.cells_of(NumberedRow(1, name)) for name in ("欧阳", "Ng", "Müller")]
    assert len({cell_len(cell.padded(cell.text)) for row in found for cell in row[1:]}) == 1


@pytest.mark.parametrize("records", ["result", "result.runs", "result.claims"])
def test_rows_that_are_no_updates_are_all_shown(records):
    """The seeds of ``--seeds 50``, claims, files."""
    header = Header("mnist", {"epochs": 3}, {}, rows=50, records=records)
    rows = [NumberedRow(number) for number in range(50)]
    assert all(cells.is_shown(row, index, header) for index, row in enumerate(rows))


def test_large_numbers_keep_to_their_column():
    """Those of a training that diverges have dozens of digits."""

    @dataclass(frozen=True)
    class WeightRow(Row):
        weight: float = column("weight", ".5f")
        count: int = column("count", "d")
        train_seconds: float = column("train s", ".1f")

    weight, count, seconds = cells.cells_of(WeightRow(-297294944.0, 60_000, 12345.6))
    assert weight.text == "-3.0e+08"
    assert len(weight.text) <= weight.width
    assert count.text == "60000"
    assert seconds.text == "12345.6"


def test_texts_of_a_row_are_in_the_language_of_the_screen():
    """A verdict of two words is; a single word is a name."""

    @dataclass(frozen=True)
    class VerdictRow(Row):
        verdict: str = column("verdict", "<16")
        run: str = column("run")

    found = VerdictRow("equal to the bit", "train")
    set_language("zh")
    try:
        verdict, run = cells.cells_of(found)
    finally:
        set_language("en")
    assert verdict.text == "逐位相同"
    assert run.text == "train"

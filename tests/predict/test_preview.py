"""Images and probabilities in characters."""

import pytest
import torch
from rich.cells import cell_len

from ptnotes.datasets.mnist import CLASS_NAMES
from ptnotes.predict.preview import in_colour, in_shades

IMAGE = (torch.arange(28 * 28) % 256).view(28, 28).to(torch.uint8)
DIGITS = tuple("0123456789")
PROBABILITIES = torch.tensor([0.0, 0.5, 0.02, 0.0, 0.0, 0.4, 0.001, 0.0, 0.079, 0.0])


def test_half_blocks():
    picture, _ = in_colour(IMAGE, DIGITS, PROBABILITIES, 80).rows[0]
    assert [len(line) for line in picture.rstrip("\n").split("\n")] == [28] * 14
    assert picture.parts[0][1] == "#000000 on #1c1c1c"  # rows 0 and 1


def test_bars():
    _, bars = in_colour(IMAGE, DIGITS, PROBABILITIES, 80).rows[0]
    lines = bars.split("\n")
    assert [line.split()[0] for line in lines] == list(DIGITS)
    assert [line.split()[-1] for line in lines][:2] == ["0.00%", "50.00%"]
    assert [line.count("█") for line in lines] == [0, 10, 0, 0, 0, 8, 0, 0, 1, 0]
    assert [text for text, role in bars.parts if role] == [lines[1]]


@pytest.mark.parametrize("columns", [40, 50, 60, 80, 200])
@pytest.mark.parametrize("classes", [DIGITS, CLASS_NAMES["fashion-mnist"]])
def test_widths(columns, classes):
    """Beside each other where there is room, nothing wider than the screen."""
    rows = in_colour(IMAGE, classes, PROBABILITIES, columns).rows
    assert (len(rows) == 1) == (columns >= 60 or (columns == 50 and classes is DIGITS))
    for row in rows:
        widths = [max(map(cell_len, cell.split("\n"))) for cell in row]
        assert sum(widths) + 2 * (len(widths) - 1) <= columns


def test_shades():
    lines = in_shades(IMAGE).split("\n")
    assert [len(line) for line in lines] == [56] * 28
    assert in_shades(torch.full((28, 28), 255)) == "\n".join(["█" * 56] * 28)

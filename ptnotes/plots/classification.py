"""The confusion matrix, and the images that a network got wrong."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.events import MisclassifiedImages
from ptnotes.plots.figure import drawable, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST = 30  # inches
READABLE = 60  # classes, up to which cells and classes are labelled


def confusion(cells: list[list[int]], classes: Sequence[str]) -> "Figure":
    """True classes down, predicted ones across; a cell's shade is its share of the row."""
    size = len(classes)
    inches = min(2.2 + 0.42 * size, LARGEST)
    figure = new_figure(inches, inches)
    axes = figure.subplots()
    shares = [[cell / max(1, sum(row)) for cell in row] for row in cells]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if size <= READABLE:
        for row in range(size):
            for column in range(size):
                dark = shares[row][column] > 0.5
                text = str(cells[row][column] or "")
                drawn = axes.text(column, row, text, ha="center", va="center", fontsize="small")
                drawn.set_color("white" if dark else "black")
        names, family = drawable(classes)
        turned = 90 if max(map(len, names)) > 2 else 0
        letters: dict[str, Any] = {"fontfamily": family, "parse_math": False}
        axes.set_xticks(range(size), names, rotation=turned, **letters)
        axes.set_yticks(range(size), names, **letters)
    axes.set(xlabel="predicted", ylabel="true")
    return figure


def misclassified(event: MisclassifiedImages) -> "Figure":
    """The images, five in a row, each with its class, the predicted one and its probability."""
    across, count = 5, len(event.places)
    down = -(-count // across)
    figure = new_figure(8, 1.9 * down)
    for axes in figure.subplots(down, across, squeeze=False).flat:
        axes.set_axis_off()
    names, family = drawable([*event.labels, *event.predictions])
    for index, axes in enumerate(figure.axes[:count]):
        axes.imshow(event.images[index], cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(
            f"{names[index]} → {names[count + index]}\n"
            f"{event.probabilities[index]:.1%}, test image {event.places[index]}",
            fontsize="x-small",
            fontfamily=family,
            parse_math=False,
        )
    return figure

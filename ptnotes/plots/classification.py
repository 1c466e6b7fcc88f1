"""The confusion matrix, and the images that a network got wrong."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.events import MisclassifiedImages
from ptnotes.plots.curves import draw_curve, of_document, title_of
from ptnotes.plots.figure import WIDTH, drawable, label, new_figure
from ptnotes.plots.panels import SMALL, add_title
from ptnotes.plots.theme import TEST, grey_scale, scale, text_on

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

ERRORS = TEST  # orange: WRONG's purple is grey to some colour-blind readers, as the diagonal is
CURVE = 2.2  # inches of a curve above a matrix
CELL = 0.27  # inches of a class
READABLE = 30  # classes, up to which cells and classes are labelled
LARGEST = 7.0  # inches of a matrix of more
TICKS = 20  # classes that are named there
LEAST = 0.001  # of a class: the smallest share of errors with a colour of its own


def confusion(cells: Sequence[Sequence[int]], classes: Sequence[str], title: str = "") -> "Figure":
    """True classes down, predicted ones across, each class's recall beside it.

    An error's colour is its share of the true class, on a logarithmic scale of its own; the
    diagonal is grey. The title gets the accuracy.
    """
    inches = size_of(len(classes))
    figure = new_figure(inches, inches)
    draw_confusion(figure, cells, classes)
    add_title(figure, title)
    return figure


def confusion_of(document: Mapping[str, Any], classes: Sequence[str]) -> "Figure":
    """The matrix of a classifier's document, which has a result."""
    return confusion(document["result"]["confusion"], classes, title_of(document))


def names(document: Mapping[str, Any]) -> "Figure":
    """The curve, and below it the confusions between the countries, once there is a result."""
    if "confusion" not in document["result"]:
        return of_document(document)
    classes = [str(each["class"]) for each in document["result"]["per_class"]]
    inches = size_of(len(classes))
    figure = new_figure(inches, inches + CURVE)
    parts: Any = figure.subfigures(2, 1, height_ratios=[CURVE, inches])
    draw_curve(parts[0], document["history"], across=True)
    draw_confusion(parts[1], document["result"]["confusion"], classes)
    add_title(figure, title_of(document))
    return figure


def size_of(classes: int) -> float:
    """Inches of a matrix and what is around it."""
    return max(WIDTH, 1.5 + CELL * classes) if classes <= READABLE else LARGEST


def draw_confusion(
    parent: "Figure | SubFigure", cells: Sequence[Sequence[int]], classes: Sequence[str]
) -> None:
    """The same in a part of a figure."""
    import numpy as np

    counts = np.asarray(cells)
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    axes = parent.subplots()
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    right = np.eye(len(counts), dtype=bool)
    errors = np.ma.masked_array(shares, right | (counts == 0))
    highest = max(0.1, float(errors.max())) if errors.count() else 0.1
    _draw_cells(axes, np.ma.masked_array(shares, ~right), errors, highest)
    if len(classes) <= READABLE:
        _write_counts(axes, counts, shares, highest)
    _name_classes(axes, counts, classes)
    correct, total = int(counts.trace()), int(counts.sum())
    said = label(f"accuracy {correct / max(1, total):.2%}: {correct:,} of {total:,}")
    axes.set_title(said, fontsize="medium")


def _draw_cells(axes: "Axes", diagonal: "np.ndarray", errors: "np.ndarray", highest: float) -> None:
    from matplotlib.colors import LogNorm

    axes.imshow(diagonal, cmap=grey_scale(), vmin=0, vmax=1)
    image = axes.imshow(errors, cmap=scale(ERRORS), norm=LogNorm(LEAST, highest, clip=True))
    bar = axes.figure.colorbar(
        image, ax=axes, orientation="horizontal", shrink=0.6, aspect=35, pad=0.02
    )
    ticks = [each for each in (0.001, 0.01, 0.1, 1) if each <= highest]
    bar.set_ticks(ticks, labels=[f"{100 * each:g} %" for each in ticks])
    bar.ax.tick_params(labelsize=SMALL)
    bar.minorticks_off()
    bar.outline.set_visible(False)
    bar.set_label(label("errors, share of the true class"), fontsize=SMALL)


def _write_counts(axes: "Axes", counts: "np.ndarray", shares: "np.ndarray", highest: float) -> None:
    from matplotlib.colors import LogNorm

    grey, coloured, norm = grey_scale(), scale(ERRORS), LogNorm(LEAST, highest, clip=True)
    for row, column in zip(*counts.nonzero(), strict=True):
        share = shares[row, column]
        cell = grey(share) if row == column else coloured(norm(share))
        count = int(counts[row, column])
        axes.text(
            *(column, row, str(count)),
            ha="center",
            va="center",
            fontsize=SMALL if count < 1000 else 0.85 * SMALL,
            color=text_on(cell),
        )


def _name_classes(axes: "Axes", counts: "np.ndarray", classes: Sequence[str]) -> None:
    """Names below and at the left; at the right each class's recall."""
    size = len(classes)
    places = range(size) if size <= READABLE else range(0, size, -(-size // TICKS))
    names, family = drawable([classes[place] for place in places])
    turned = 90 if max(map(len, names)) > 2 else 0
    letters: dict[str, Any] = {"fontfamily": family, "parse_math": False, "fontsize": SMALL}
    axes.set_xticks(places, names, rotation=turned, **letters)
    axes.set_yticks(places, names, **letters)
    axes.tick_params(length=0)
    axes.set(xlabel=label("predicted"), ylabel=label("true"))
    if size <= READABLE:
        samples = counts.sum(axis=1)
        shown = [
            f"{count / total:.1%}" if total else "–"
            for count, total in zip(counts.diagonal(), samples, strict=True)
        ]
        recall = axes.secondary_yaxis("right")
        recall.set_yticks(places, shown, fontsize=SMALL)
        recall.tick_params(length=0)
        recall.spines[:].set_visible(False)
        recall.set_ylabel(label("recall"))


def misclassified(event: MisclassifiedImages, title: str = "") -> "Figure":
    """The images, five in a row, each with its class, the predicted one and its probability."""
    across, count = 5, len(event.places)
    down = -(-count // across)
    figure = new_figure(WIDTH, 0.4 + 1.25 * down)
    for axes in figure.subplots(down, across, squeeze=False).flat:
        axes.set_axis_off()
    names, family = drawable([*event.labels, *event.predictions])
    for index, axes in enumerate(figure.axes[:count]):
        axes.imshow(event.images[index], cmap="gray_r", vmin=0, vmax=255)
        said = f"{names[index]} → {names[count + index]}, {event.probabilities[index]:.0%}"
        axes.set_title(said, fontsize=SMALL, fontfamily=family, parse_math=False, pad=3)
        place = f"#{event.places[index]}"
        below: dict[str, Any] = {"ha": "center", "va": "top", "transform": axes.transAxes}
        axes.text(0.5, -0.03, place, fontsize=0.75 * SMALL, **below)
    add_title(figure, title)
    return figure

"""Curves, the confusion matrix and the worst mistakes as pictures; matplotlib draws without a
display, and is imported here when something is drawn.
"""

import contextlib
import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ptnotes.errors import PtnotesError, UsageError
from ptnotes.events import Event, Header, Mistakes, Result, Row
from ptnotes.files import check_place, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    # where it can't keep a cache it says so, in two lines that nobody asked for
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.figure import Figure

History = Sequence[Mapping[str, Any]]
Columns = Mapping[str, Sequence[str]]

ENDINGS = (".png", ".svg", ".pdf")
LOSSES: Columns = {"train": ("train_loss", "loss"), "test": ("test_loss",)}
ACCURACIES: Columns = {"train": ("train_accuracy",), "test": ("test_accuracy",)}
COLOURS = {"train": "tab:blue", "test": "tab:orange"}
STYLES = {"train": "--", "test": "-"}
DOTTED = 40  # epochs, up to which each has a dot
DECADES = 100  # between the largest and the smallest loss: beyond it the axis is logarithmic


def check(path: Path, option: str) -> None:
    """Raises UsageError or DataError, before the work, for a place that can't be drawn to."""
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{option}: {path} should end in {', '.join(ENDINGS)}")
    check_place(path)


def drawn(
    events: Iterable[Event], *, plot: Path | None = None, matrix: Path | None = None
) -> Iterator[Event]:
    """Pass a run's events on and draw them in the end: the curve, the confusion matrix.

    An interrupted run's curve is drawn as far as it goes. Raises DataError, behind the Result.
    """
    header, result, rows = Header("", {}, {}), Result({}), list[Row]()

    def draw_curve() -> None:
        if plot and rows:
            save(curve([vars(row) for row in rows], header.topic), plot)

    try:
        for event in events:
            match event:
                case Header():
                    header = event
                case Row():
                    rows.append(event)
                case Result():
                    result = event
            yield event
    except BaseException:  # an interruption too
        with contextlib.suppress(PtnotesError):
            draw_curve()
        raise
    draw_curve()
    if matrix:
        save(confusion(result.values["confusion"], header.classes), matrix)


def save(figure: "Figure", path: Path) -> None:
    """PNG, SVG or PDF by the ending. Raises DataError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that the font doesn't have
        write_whole(path, lambda place: figure.savefig(place, dpi=100))


def _figure(width: float, height: float) -> "Figure":
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def curve(history: History, title: str) -> "Figure":
    """Loss over epochs, and accuracy if there is one; train and test."""
    return curves({title: history})


def curves(histories: Mapping[str, History]) -> "Figure":
    """Several runs in one picture, a colour each; test is solid, train dashed."""
    panels = {
        title: names
        for title, names in {"loss": LOSSES, "accuracy": ACCURACIES}.items()
        if any(_series(history, each) for history in histories.values() for each in names.values())
    }
    figure = _figure(4.5 * max(1, len(panels)), 3.6)
    if len(histories) == 1:
        figure.suptitle(next(iter(histories)), parse_math=False)
    all_axes = figure.subplots(1, max(1, len(panels)), squeeze=False)[0]
    for axes, (title, names) in zip(all_axes, panels.items(), strict=False):
        lowest, highest = _lines(axes, histories, names)
        axes.set(xlabel="epoch", ylabel=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if title == "accuracy":
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
        elif lowest > 0 and highest / lowest > DECADES:
            axes.set_yscale("log")
        for text in axes.legend(fontsize="small").get_texts():
            text.set_parse_math(False)  # a directory may be called $x$
    return figure


def _series(history: History, names: Sequence[str]) -> tuple[list[float], list[float]] | None:
    """Epochs and values of the first of ``names`` that the rows have; several rows an epoch get
    places of their own.
    """
    for name in names:
        rows = [row for row in history if row.get(name) is not None]
        if rows:
            each = max(1, round(len(rows) / rows[-1]["epoch"]))
            epochs = [row["epoch"] + index % each / each for index, row in enumerate(rows)]
            return epochs, [row[name] for row in rows]
    return None


def _lines(axes: "Axes", histories: Mapping[str, History], names: Columns) -> tuple[float, float]:
    """Draws a panel's lines; returns the smallest and the largest value."""
    values: list[float] = []
    for number, (run, history) in enumerate(histories.items()):
        for part, columns in names.items():
            series = _series(history, columns)
            if series is None:
                continue
            alone = len(histories) == 1
            axes.plot(
                *series,
                # matplotlib leaves out what begins with "_"
                label=part if alone else f"{'./' if run.startswith('_') else ''}{run} {part}",
                color=COLOURS[part] if alone else f"C{number % 10}",
                linestyle="-" if alone else STYLES[part],
                marker="." if len(series[0]) <= DOTTED else "",
            )
            values += series[1]
    return min(values), max(values)


def confusion(cells: list[list[int]], classes: Sequence[str]) -> "Figure":
    """True classes down, predicted ones across; a cell's shade is its share of the row."""
    size = len(classes)
    inches = 2.2 + 0.42 * size
    figure = _figure(inches, inches)
    axes = figure.subplots()
    shares = [[cell / max(1, sum(row)) for cell in row] for row in cells]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row in range(size):
        for column in range(size):
            dark = shares[row][column] > 0.5
            text = str(cells[row][column] or "")
            drawn = axes.text(column, row, text, ha="center", va="center", fontsize="small")
            drawn.set_color("white" if dark else "black")
    axes.set_xticks(range(size), classes, rotation=90 if max(map(len, classes)) > 2 else 0)
    axes.set_yticks(range(size), classes)
    axes.set(xlabel="predicted", ylabel="true")
    return figure


def mistakes(event: Mistakes) -> "Figure":
    """The images, five in a row, each with what it is, what was predicted and how surely."""
    across, count = 5, len(event.places)
    down = -(-count // across)
    figure = _figure(8, 1.9 * down)
    for axes in figure.subplots(down, across, squeeze=False).flat:
        axes.set_axis_off()
    for index, axes in enumerate(figure.axes[:count]):
        axes.imshow(event.images[index], cmap="gray_r", vmin=0, vmax=255)
        axes.set_title(
            f"{event.labels[index]} → {event.predictions[index]}\n"
            f"{event.probabilities[index]:.1%}, test image {event.places[index]}",
            fontsize="x-small",
        )
    return figure

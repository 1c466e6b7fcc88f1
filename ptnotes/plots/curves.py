"""Loss and accuracy over epochs, of one run or several."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.plots.figure import new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

History = Sequence[Mapping[str, Any]]
Columns = Mapping[str, Sequence[str]]

LOSSES: Columns = {"train": ("train_loss", "loss"), "test": ("test_loss",)}
ACCURACIES: Columns = {"train": ("train_accuracy",), "test": ("test_accuracy",)}
COLOURS = {"train": "tab:blue", "test": "tab:orange"}
STYLES = {"train": "--", "test": "-"}
MARKED = 40  # epochs, up to which each has a marker
LOGARITHMIC = 100  # times the smallest loss: with a larger one the axis is logarithmic


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
    figure = new_figure(4.5 * max(1, len(panels)), 3.6)
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
        elif lowest > 0 and highest / lowest > LOGARITHMIC:
            axes.set_yscale("log")
        for text in axes.legend(fontsize="small").get_texts():
            text.set_parse_math(False)  # a directory may be called $x$
    return figure


def _series(history: History, names: Sequence[str]) -> tuple[list[float], list[float]] | None:
    """Epochs and values of the first of ``names`` that the rows have; several rows of an epoch
    are spread over it.
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
            single = len(histories) == 1
            axes.plot(
                *series,
                # matplotlib leaves out what begins with "_"
                label=part if single else f"{'./' if run.startswith('_') else ''}{run} {part}",
                color=COLOURS[part] if single else f"C{number % 10}",
                linestyle="-" if single else STYLES[part],
                marker="." if len(series[0]) <= MARKED else "",
            )
            values += series[1]
    return min(values), max(values)

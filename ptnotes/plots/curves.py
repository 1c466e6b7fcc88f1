"""Loss and accuracy over epochs, of one run or several."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.plots.figure import drawable, new_figure

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
CYCLE = 10  # colours that matplotlib cycles through; more runs take theirs from a scale
NAME = 48  # columns of a terminal, the longest line of a name in the legend
COLUMN, LINE = 0.08, 0.16  # inches of the legend's letters: width and height


def of_document(document: Mapping[str, Any]) -> "Figure":
    """The curve of a run's JSON document, which may have no result yet."""
    return curve(document.get("history", []), title_of(document))


def title_of(document: Mapping[str, Any]) -> str:
    """What a figure's title says of a run: topic, network, data, recipe, seed."""
    config = document["config"]
    named = [config[name] for name in ("arch", "cell", "via", "data") if name in config]
    if "recipe" in config:
        named.append(f"recipe {config['recipe']}")
    if "seed" in config:
        named.append(f"seed {config['seed']}")
    return ", ".join(map(str, [document["topic"], *named]))


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
    colours = _colours(len(histories))
    all_axes = figure.subplots(1, max(1, len(panels)), squeeze=False)[0]
    for axes, (title, names) in zip(all_axes, panels.items(), strict=False):
        lowest, highest = _lines(axes, [*histories.values()], names, colours)
        axes.set(xlabel="epoch", ylabel=title)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        if title == "accuracy":
            axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")
        elif lowest > 0 and highest / lowest > LOGARITHMIC:
            axes.set_yscale("log")
        if len(histories) == 1:
            axes.legend(fontsize="small")
    if len(histories) == 1:
        (name,), family = drawable([*histories])
        figure.suptitle(name, fontfamily=family, parse_math=False)
    else:
        _add_legend(figure, [*histories], colours)
    return figure


def _colours(count: int) -> list[Any]:
    if count <= CYCLE:
        return [f"C{number}" for number in range(count)]
    from matplotlib import colormaps

    return [colormaps["turbo"](number / (count - 1)) for number in range(count)]


def _add_legend(figure: "Figure", runs: Sequence[str], colours: Sequence[Any]) -> None:
    """Names below the axes, in a figure that is made higher for them."""
    from matplotlib.lines import Line2D
    from rich.cells import cell_len, chop_cells

    names, family = drawable(runs)
    lines = [chop_cells(name, NAME) for name in names]
    longest = max(cell_len(line) for name in lines for line in name)
    handles = [Line2D([], [], color="gray", ls=STYLES[part], label=part) for part in STYLES]
    for name, colour in zip(lines, colours, strict=True):
        text = "\n".join(name)
        # matplotlib leaves out what begins with "_"
        label = f"./{text}" if text.startswith("_") else text
        handles.append(Line2D([], [], color=colour, label=label))
    width, height = figure.get_size_inches()
    across = max(1, int(width / (0.6 + COLUMN * longest)))
    rows = -(-len(handles) // across) * max(map(len, lines))
    figure.set_size_inches(width, height + 0.3 + LINE * rows)
    letters = {"size": "small", "family": family}
    legend = figure.legend(handles=handles, loc="outside lower center", ncols=across, prop=letters)
    for written in legend.get_texts():
        written.set_parse_math(False)  # a directory may be called $x$


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


def _lines(
    axes: "Axes", histories: Sequence[History], names: Columns, colours: Sequence[Any]
) -> tuple[float, float]:
    """Draws a panel's lines; returns the smallest and the largest value."""
    values: list[float] = []
    single = len(histories) == 1
    for history, colour in zip(histories, colours, strict=True):
        for part, columns in names.items():
            series = _series(history, columns)
            if series is None:
                continue
            axes.plot(
                *series,
                label=part,
                color=COLOURS[part] if single else colour,
                linestyle="-" if single else STYLES[part],
                marker="." if len(series[0]) <= MARKED else "",
            )
            values += series[1]
    return min(values), max(values)

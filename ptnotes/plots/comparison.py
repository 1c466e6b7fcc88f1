"""Several runs in one figure."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ptnotes.errors import UsageError
from ptnotes.plots.curves import title_of
from ptnotes.plots.figure import WIDTH, drawable, label, new_figure
from ptnotes.plots.panels import (
    PARTS,
    SEPARATOR,
    SMALL,
    History,
    add_panels,
    add_title,
    draw_reference,
    fit_axes,
    height_of,
    label_ends,
    measured,
    series,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 30  # runs
HEIGHT = 2.2  # inches of an axes with more lines than DIRECT
LENGTHS = 20  # times the shortest run's epochs: with more, the axis of epochs is logarithmic
DIRECT = 4  # runs, up to which names stand beside the lines, and training has a line too
SHORT = 16  # columns of a terminal, up to which a name has room beside the axes
NAME = 44  # columns, the longest line of a name in the legend
COLUMN, LINE = 0.075, 0.15  # inches of the legend's letters: width and height
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
MARKS = 7  # markers on a line

Style = dict[str, Any]


def compare(
    histories: Mapping[str, History], title: str = "", *, majority: float | None = None
) -> "Figure":
    """The runs' losses and accuracies on the test set, or on the training set where a run has no
    other; of a few runs the training's too, as a thin line.

    ``histories`` are by the runs' directories. ``majority`` is as in ``curves.curve``. Raises
    UsageError for more runs than lines can be told apart.
    """
    if len(histories) > MOST:
        raise UsageError(f"--plot: a figure holds up to {MOST} runs, not {len(histories)}")
    from rich.cells import cell_len

    names, runs = drawable(short_names([*histories]))[0], [*histories.values()]
    styles = _styles(len(runs))
    measures = measured(runs)
    few = len(runs) <= DIRECT
    figure = new_figure(WIDTH, height_of(measures) if few else height_of(measures, HEIGHT))
    direct = few and max(map(cell_len, names)) <= SHORT
    lengths = [history[-1]["epoch"] for history in runs]
    for measure, axes in add_panels(figure, runs).items():
        ends = _draw_lines(axes, measure, runs, names, styles)
        if max(lengths) > LENGTHS * min(lengths):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:,.0f}")
        if majority is not None:
            draw_reference(axes, measure, majority)
        if direct:
            label_ends(axes, ends)
    if not direct:
        _add_legend(figure, names, styles)
    add_title(figure, title)
    return figure


def common_title(documents: Sequence[Mapping[str, Any]]) -> str:
    """What the titles of the runs have in common; the topic, if only the network differs."""
    titles = [title_of(document).split(SEPARATOR) for document in documents]
    common = [part for part in titles[0] if all(part in each for each in titles)]
    topics = {document["topic"] for document in documents}
    if len(topics) == 1 and titles[0][0] not in common:
        common.insert(0, *topics)
    return SEPARATOR.join(common)


def short_names(directories: Sequence[str]) -> list[str]:
    """The directories without those above that all have in common."""
    parts = [PurePath(each).parts or ("",) for each in directories]
    common = 0
    while all(len(each) > common + 1 and each[common] == parts[0][common] for each in parts):
        common += 1
    return [str(PurePath(*each[common:])) for each in parts]


def _styles(count: int) -> list[Style]:
    """A look for each run: a colour, a line style where the colours don't suffice, a marker."""
    from matplotlib import rcParams

    colours = rcParams["axes.prop_cycle"].by_key()["color"]
    return [
        {
            "color": colours[number % len(colours)],
            "linestyle": STYLES[number // len(colours) % len(STYLES)],
            "marker": MARKERS[(number + number // len(colours)) % len(MARKERS)],
        }
        for number in range(count)
    ]


def _draw_lines(
    axes: "Axes",
    measure: str,
    runs: Sequence[History],
    names: Sequence[str],
    styles: Sequence[Style],
) -> list[tuple[str, float, Any]]:
    """Draws an axes; returns (name, last value, colour) of each run's line."""
    ends, drawn, parts = [], [], set()
    for number, (history, name, style) in enumerate(zip(runs, names, styles, strict=True)):
        found = {part: each for part in PARTS if (each := series(history, measure, part))}
        if not found:
            continue
        part = next(each for each in reversed(PARTS) if each in found)
        epochs, values = found.pop(part)
        every = max(1, len(epochs) // MARKS)
        marks: Style = {"markevery": (number % every, every), "markersize": 3.5}
        axes.plot(epochs, values, **style, **marks, linewidth=1.3, label=f"{name}, {part}")
        drawn.append((epochs, values))
        parts.add(part)
        ends.append((name, values[-1], style["color"]))
        if found and len(runs) <= DIRECT:
            thin: Style = {"linewidth": 0.8, "alpha": 0.6, "label": f"{name}, train"}
            axes.plot(*found["train"], color=style["color"], **thin)
            drawn.append(found["train"])
            parts.add("thin")
    fit_axes(axes, measure, drawn)
    axes.set_title(_said(parts), loc="right", fontsize=SMALL)
    return ends


def _said(parts: set[str]) -> str:
    """What the lines of an axes are."""
    if parts == {"train"}:
        return label("train")
    if "val" in parts:
        mixed = parts & {"test", "train"}
        return label("validation, or what a run has" if mixed else "validation")
    if "thin" in parts:
        return label("test; thin: train")
    return label("test") if parts == {"test"} else label("test, or train where nothing is held out")


def _add_legend(figure: "Figure", names: Sequence[str], styles: Sequence[Style]) -> None:
    """Names below the axes, in a figure that is made higher for them."""
    from matplotlib.lines import Line2D
    from rich.cells import cell_len, chop_cells

    _, family = drawable(names)
    lines = [chop_cells(name, NAME) for name in names]
    longest = max(cell_len(line) for name in lines for line in name)
    handles = []
    for name, style in zip(lines, styles, strict=True):
        text = "\n".join(name)
        # matplotlib leaves out what begins with "_"
        named = f"./{text}" if text.startswith("_") else text
        handles.append(Line2D([], [], **style, markersize=3.5, label=named))
    width, height = figure.get_size_inches()
    across = max(1, int(width / (0.6 + COLUMN * longest)))
    rows = -(-len(handles) // across) * max(map(len, lines))
    figure.set_size_inches(width, height + 0.2 + LINE * rows)
    letters = {"size": SMALL, "family": family}
    legend = figure.legend(
        handles=handles, loc="outside lower center", ncols=across, prop=letters, handlelength=2.6
    )
    for written in legend.get_texts():
        written.set_parse_math(False)  # a directory may be called $x$

"""The figures of an experiment: mean, deviation and every seed, cell by cell."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.errors import UsageError
from ptnotes.plots.figure import drawable, label, new_figure
from ptnotes.plots.lettering import WIDE
from ptnotes.plots.panels import SMALL, add_title
from ptnotes.plots.theme import BEST, TRAIN, WRONG, muted
from ptnotes.quantities import SHARES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Cell = Mapping[str, Any]

LINE = 0.21  # inches of a cell
BELOW = 0.24  # of a line: the seeds below their mean
MOST = 100  # cells that can be read below each other
NAME = 40  # columns of a cell's name
LEGEND = {
    "a seed": {"marker": "o", "color": "muted", "markersize": 2.5},
    "mean ± sd": {"marker": "o", "color": TRAIN, "markersize": 5},
    "not as expected": {"marker": "D", "color": WRONG, "markersize": 5},
    "expected": {"marker": "s", "color": BEST, "markersize": 7, "alpha": 0.35},
}


def cells(document: Mapping[str, Any]) -> "Figure":
    """An axes for each measure, in it a line for each cell that has one: mean and standard
    deviation, the single seeds, the range that was expected.

    Raises UsageError for more than fit below each other.
    """
    found = [each for each in document["result"].get("cells", ()) if each.get("mean") is not None]
    check_count(len(found))
    measures = {name: [each for each in found if each["measure"] == name] for name in _names(found)}
    heights = [0.45 + LINE * (len(each) + 0.3) for each in measures.values()]
    figure = new_figure(WIDE, 0.8 + sum(heights))
    if found:
        panels = figure.subplots(len(measures), 1, squeeze=False, height_ratios=heights)[:, 0]
        for axes, (name, own) in zip(panels, measures.items(), strict=True):
            _draw_panel(axes, name, own)
        _add_legend(figure, found)
    add_title(figure, document["config"]["experiment"])
    return figure


def check_count(figures: int) -> None:
    """Raises UsageError for more than fit in a picture."""
    if figures > MOST:
        raise UsageError(f"--plot: a picture holds up to {MOST} figures, not {figures}")


def _names(found: Sequence[Cell]) -> list[str]:
    return list(dict.fromkeys(each["measure"] for each in found))


def _draw_panel(axes: "Axes", measure: str, found: Sequence[Cell]) -> None:
    from matplotlib.colors import to_hex
    from matplotlib.ticker import MaxNLocator

    lines = range(len(found))
    for line, cell in zip(lines, found, strict=True):
        seeds = list(cell["values"].values())
        if len(seeds) > 1:
            below = [line + BELOW] * len(seeds)
            axes.plot(seeds, below, "o", color=muted(), markersize=2.5, zorder=3)
        wrong = cell.get("met") is False
        axes.errorbar(
            cell["mean"],
            line,
            xerr=cell.get("std") or None,
            color=to_hex(WRONG if wrong else TRAIN),  # it draws no lines that follow the theme
            marker="D" if wrong else "o",
            markersize=5,
            capsize=2.5,
            linewidth=1.3,
            zorder=4,
        )
    axes.set_ylim(len(found) - 0.35, -0.65)
    low, high = _limits(found)
    axes.set_xlim(low, high)
    for line, cell in zip(lines, found, strict=True):
        if cell.get("met") is None:
            continue
        ends = cell.get("low", low), cell.get("high", high)
        exact = ends[0] == ends[1]
        box: dict[str, Any] = {"color": BEST, "alpha": 0.8 if exact else 0.3}
        box["linewidth"] = 2 if exact else 0
        axes.barh(line, ends[1] - ends[0], left=ends[0], height=0.62, **box, zorder=2)
    names, family = drawable([_short(each["run"]) for each in found])
    axes.set_yticks(lines, names)
    for text in axes.get_yticklabels():
        text.set(fontsize=SMALL, parse_math=False, fontfamily=family)
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    axes.set_title(label(measure.replace("_", " ")), loc="left")
    axes.ticklabel_format(axis="x", useOffset=False)
    axes.xaxis.set_major_locator(MaxNLocator(6, min_n_ticks=2))
    if measure.endswith(SHARES):
        axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:.4g} %")


def _limits(found: Sequence[Cell]) -> tuple[float, float]:
    """Around the figures, and what is expected if that isn't far from them."""
    seen = [value for each in found for value in each["values"].values()]
    for each in found:
        deviation = each.get("std") or 0
        seen += [each["mean"] - deviation, each["mean"] + deviation]
    seen += [each[end] for each in found for end in ("low", "high") if each.get(end) is not None]
    margin = 0.06 * (max(seen) - min(seen)) or 0.01 * abs(seen[0]) or 0.01
    return min(seen) - margin, max(seen) + margin


def _short(name: str) -> str:
    return name if len(name) <= NAME else f"{name[: NAME - 1]}…"


def _add_legend(figure: "Figure", found: Sequence[Cell]) -> None:
    from matplotlib.lines import Line2D

    there = {
        "a seed": any(len(each["values"]) > 1 for each in found),
        "mean ± sd": any(each.get("met") is not False for each in found),
        "not as expected": any(each.get("met") is False for each in found),
        "expected": any(each.get("met") is not None for each in found),
    }
    handles = []
    for name, look in LEGEND.items():
        if there[name]:
            shown: dict[str, Any] = dict(look)
            shown["color"] = muted() if look["color"] == "muted" else look["color"]
            handles.append(Line2D([], [], linestyle="", **shown, label=label(name)))
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), prop={"size": SMALL}
    )

"""The inside of a trained network, from plain arrays: its layers, and what they make of an input.

To be drawn within ``theme.applied``.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ptnotes.plots.feature_maps import (
    ACROSS,
    FILTERS,
    PAGE,
    draw_feature_maps,
    draw_filters,
    height_of_filters,
    height_of_maps,
)
from ptnotes.plots.figure import drawable, label, new_figure
from ptnotes.plots.lettering import headline, number
from ptnotes.plots.panels import SMALL
from ptnotes.plots.theme import TEST, TRAIN, muted, scale_of, text_on
from ptnotes.quantities import written

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

Array = NDArray[Any]
Shares = Mapping[str, float]  # label → probability, the most probable first

TITLES = 0.5  # inches of a figure's title
LINE = 0.19  # inches of a line of text
BARS = 10  # classes with bars, at most
COUNTRIES = 9  # rows of a surname's probabilities
LEAST = 0.095  # probability that is written in its cell
NAME = 24  # characters of a class, at most
VOWELS = frozenset("aeiouAEIOU")


def of_layers(
    document: Mapping[str, Any],
    layers: Sequence[Mapping[str, Any]],
    filters: tuple[str, Array] | None = None,
    letters: tuple[str, Array, Array] | None = None,
) -> "Figure":
    """Each layer's share of the parameters, multiply-adds and time; below, what was learned first.

    ``layers`` as in the JSON document of ``inspect``; ``filters`` are the layer and (N, h, w);
    ``letters`` the characters, their places (N, 2) and the shares of the variance (2).
    """
    bars = LINE * len(layers) + 0.5
    below = 0.0
    if filters:
        below = height_of_filters(min(FILTERS, len(filters[1])))
    elif letters:
        below = 3.6
    figure = new_figure(PAGE, TITLES + bars + below)
    parts = _parts(figure, [bars, below] if below else [bars])
    _layer_bars(parts[0], layers)
    if filters:
        axes = parts[1].subplots()
        draw_filters(axes, *filters)
    elif letters:
        _letters(parts[1].subplots(), *letters)
    headline(figure, document)
    return figure


def _parts(figure: "Figure", heights: Sequence[float]) -> list[Any]:
    """Parts of a figure, one above the other."""
    found: Any = figure.subfigures(len(heights), 1, squeeze=False, height_ratios=heights)
    return [*found[:, 0]]


def _layer_bars(parent: Any, layers: Sequence[Mapping[str, Any]]) -> None:
    measures = {
        "parameters": [each["parameters"] for each in layers],
        "multiply-adds": [each["multiply_adds"] for each in layers],
        "time": [each["time_share"] for each in layers],
    }
    places = np.arange(len(layers))
    panels = parent.subplots(1, len(measures), sharey=True)
    for axes, (name, values) in zip(panels, measures.items(), strict=True):
        shares = np.array(values) / max(1e-12, sum(values))
        axes.barh(places, shares, color=TRAIN, height=0.7)
        for place, (value, share) in enumerate(zip(values, shares, strict=True)):
            said = f"{share:.1%}" if name == "time" else written(name, value)
            if value:
                axes.text(share + 0.02, place, said, va="center", fontsize=SMALL)
        axes.set_title(label(name), loc="left")
        axes.set(xlim=(0, 1.45), xticks=[])
        axes.spines["bottom"].set_visible(False)
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0, labelsize=SMALL)
    shapes = ["×".join(map(str, each["output"])) for each in layers]
    names = [f"{each['layer']}  {shape}" for each, shape in zip(layers, shapes, strict=True)]
    panels[0].set_yticks(places, names)
    panels[0].set_ylim(len(layers) - 0.5, -0.5)


def of_image(
    document: Mapping[str, Any],
    outcome: str,
    image: Array,
    contributions: Array,
    probabilities: Shares,
    filters: tuple[str, Array],
    maps: Sequence[tuple[str, Array]],
) -> "Figure":
    """An image (28, 28) uint8 on its way: gradient × input (28, 28), probabilities, the first
    layer's filters (N, h, w), and per layer some feature maps of (C, H, W), or its values (N).
    """
    from matplotlib import rcParams

    heights = [2.1, height_of_filters(ACROSS), height_of_maps(maps)]
    figure = new_figure(PAGE, TITLES + sum(heights))
    parts = _parts(figure, heights)
    seen, depends, likely = parts[0].subplots(1, 3, width_ratios=[1, 1, 1.15])
    _picture(seen, image, scale_of(rcParams["text.color"]))
    seen.set_title(label("as the network sees it"), loc="left")
    _picture(depends, contributions, scale_of(TRAIN, TEST), signed=True)
    depends.set_title(label("gradient × input"), loc="left")
    _probability_bars(likely, probabilities)
    draw_filters(parts[1].subplots(), *filters, most=ACROSS)
    draw_feature_maps(parts[2].subplots(), maps)
    headline(figure, document, outcome)
    return figure


def of_features(
    document: Mapping[str, Any],
    outcome: str,
    features: Array,
    contributions: Array,
    probabilities: Shares,
    outputs: Sequence[tuple[str, Array]],
) -> "Figure":
    """A row of features (N) on its way: gradient × input (N), probabilities, layers' values (M)."""
    heights = [2.2, height_of_maps(outputs)]
    figure = new_figure(PAGE, TITLES + sum(heights))
    parts = _parts(figure, heights)
    depends, likely = parts[0].subplots(1, 2, width_ratios=[2, 1])
    places = np.arange(len(features))
    depends.barh(
        places, contributions, color=[TEST if each < 0 else TRAIN for each in contributions]
    )
    depends.axvline(0, color=muted(), linewidth=0.8)
    names = [f"x{place + 1} = {number(value, 2)}" for place, value in enumerate(features)]
    depends.set_yticks(places, names, fontsize=SMALL)
    depends.invert_yaxis()
    depends.locator_params(axis="x", nbins=5)
    depends.grid(visible=False)
    depends.set_title(label("gradient × input: blue for, orange against"), loc="left")
    _probability_bars(likely, probabilities)
    draw_feature_maps(parts[1].subplots(), outputs)
    headline(figure, document, outcome)
    return figure


def of_name(
    document: Mapping[str, Any],
    outcome: str,
    name: str,
    contributions: Array,
    classes: Sequence[str],
    by_prefix: Array,
    letters: tuple[str, Array, Array],
) -> "Figure":
    """A surname character by character: probabilities (S, classes) after each, gradient × input
    (S), and the embedding's map as in ``of_layers``.
    """
    shown = np.argsort(-by_prefix.max(axis=0))[:COUNTRIES]
    shown = shown[np.argsort(-by_prefix[-1, shown])]
    heights = [0.35 + 0.24 * len(shown), 1.1, 3.6]
    figure = new_figure(PAGE, TITLES + sum(heights))
    above, below = _parts(figure, [sum(heights[:2]), heights[2]])
    after, depends = above.subplots(2, 1, sharex=True, height_ratios=heights[:2])
    _prefixes(after, name, [classes[each] for each in shown], by_prefix[:, shown].T)
    colours = [TEST if each < 0 else TRAIN for each in contributions]
    depends.bar(np.arange(len(name)), contributions, color=colours, width=0.7)
    depends.axhline(0, color=muted(), linewidth=0.8)
    depends.set_title(label("gradient × input: blue for, orange against"), loc="left")
    depends.tick_params(axis="x", labelbottom=True)
    depends.grid(visible=False)
    _letters(below.subplots(), *letters)
    headline(figure, document, outcome)
    return figure


def _prefixes(axes: "Axes", name: str, countries: Sequence[str], shares: Array) -> None:
    """Shares (countries, S), a column per character."""
    colours = scale_of(TRAIN)
    axes.imshow(shares, cmap=colours, vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if share >= LEAST:
            drawn = axes.text(column, row, f"{share:.0%}", ha="center", va="center")
            drawn.set(color=text_on(colours(share)), fontsize=SMALL)
    axes.set_yticks(range(len(countries)), **_names(countries))
    axes.set_xticks(
        range(len(name)), ["␣" if each == " " else each for each in name], parse_math=False
    )
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set_title(label("probabilities after each character"), loc="left")


def _letters(axes: "Axes", characters: str, places: Array, variance_shares: Array) -> None:
    for character, (x, y) in zip(characters, places, strict=True):
        colour = TEST if character in VOWELS else TRAIN if character.isalpha() else muted()
        shown = "␣" if character == " " else character
        axes.text(x, y, shown, color=colour, ha="center", va="center")
    low, high = places.min(axis=0), places.max(axis=0)
    margin = 0.06 * np.maximum(high - low, 1e-9)
    axes.set(xlim=(low[0] - margin[0], high[0] + margin[0]))
    axes.set(ylim=(low[1] - margin[1], high[1] + margin[1]))
    across, down = (
        f"{label('principal component')} {number} ({share:.1%})"
        for number, share in enumerate(variance_shares, start=1)
    )
    axes.set(xlabel=across, ylabel=down)
    axes.set_title(label("map of the embedding: vowels apart in colour"), loc="left")


def _picture(axes: "Axes", values: Array, cmap: "Colormap", *, signed: bool = False) -> None:
    largest = max(1e-12, float(np.abs(values).max()))
    axes.imshow(values, cmap=cmap, vmin=-largest if signed else 0, vmax=largest)
    axes.set(xticks=[], yticks=[])
    axes.grid(visible=False)
    for spine in axes.spines.values():
        spine.set_visible(True)


def _probability_bars(axes: "Axes", probabilities: Shares) -> None:
    """Of at most BARS classes; in the order of the classes where that is all of them."""
    shown = dict(list(probabilities.items())[:BARS])
    best = next(iter(shown))
    if len(shown) == len(probabilities):
        shown = dict(sorted(shown.items()))
    places = range(len(shown))
    axes.barh(
        places, [*shown.values()], color=[TRAIN if each == best else muted() for each in shown]
    )
    for place, share in enumerate(shown.values()):
        axes.text(share + 0.02, place, f"{share:.1%}", va="center", fontsize=SMALL)
    axes.set_yticks(places, **_names([*shown]))
    axes.invert_yaxis()
    axes.set(xlim=(0, 1.3), xticks=[])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(length=0)
    axes.grid(visible=False)
    axes.set_title(label("probabilities"), loc="left")


def _names(texts: Sequence[str]) -> dict[str, Any]:
    """For ticks, of names that may hold anything."""
    names, family = drawable([each if len(each) <= NAME else f"{each[:NAME]}…" for each in texts])
    return {"labels": names, "fontfamily": family, "parse_math": False, "fontsize": SMALL}

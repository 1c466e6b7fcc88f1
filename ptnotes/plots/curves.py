"""Loss and accuracy over the epochs of one run, and of one topic with several seeds."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ptnotes.events import RunRecord
from ptnotes.plots.figure import WIDTH, label, new_figure
from ptnotes.plots.panels import (
    PARTS,
    SEPARATOR,
    SMALL,
    History,
    Series,
    add_panels,
    add_title,
    draw_reference,
    fit_axes,
    height_of,
    label_ends,
    look,
    measured,
    series,
)
from ptnotes.plots.theme import BEST, TEST, TRAIN

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, SubFigure

COLOURS = {"train": TRAIN, "val": TEST, "test": TEST}  # a run has rows of one of the two
SINGLE = 10  # seeds, up to which each has a line of its own


def of_document(document: Mapping[str, Any]) -> "Figure":
    """The curve of a run's JSON document, which may have no result yet."""
    return curve(document.get("history", []), title_of(document), majority=majority_of(document))


def title_of(document: Mapping[str, Any]) -> str:
    """What a figure's title says of a run: topic, network, data, recipe, seed."""
    config = document["config"]
    named = [
        document["topic"],
        *(config[name] for name in ("arch", "cell", "via") if name in config),
    ]
    said = [" ".join(map(str, named))]
    if config.get("data", document["topic"]) != document["topic"]:
        said.append(str(config["data"]))
    if "batch_size" in config and config["batch_size"] == "full":
        said.append(label("full batch"))
    if "recipe" in config:
        said.append(f"{label('recipe')} {config['recipe']}")
    if "seeds" in config:
        said.append(f"{label('seeds')} {config['seed']}–{config['seed'] + config['seeds'] - 1}")
    elif "seed" in config:
        said.append(f"{label('seed')} {config['seed']}")
    return SEPARATOR.join(said)


def majority_of(document: Mapping[str, Any]) -> float | None:
    """The share of the larger class among the rows of the curve, where the result has it: of
    validation rows it has none.
    """
    if any("val_accuracy" in row for row in document.get("history", ())):
        return None
    share: float | None = document.get("result", {}).get("larger_class_share")
    return share


def curve(history: History, title: str, *, majority: float | None = None) -> "Figure":
    """Loss over epochs, and accuracy if there is one; train and test; the best epoch marked.

    ``majority`` is the share of the larger of two classes: a line shows what it comes to.
    """
    figure = new_figure(WIDTH, height_of(measured([history])))
    draw_curve(figure, history, majority=majority)
    add_title(figure, title)
    return figure


def draw_curve(
    parent: "Figure | SubFigure",
    history: History,
    *,
    majority: float | None = None,
    across: bool = False,
) -> None:
    """The same in a part of a figure; ``across`` sets the axes side by side."""
    best_measure, best_part = _best_column(history)
    for measure, axes in add_panels(parent, [history], across=across).items():
        found = {part: each for part in PARTS if (each := series(history, measure, part))}
        for part, (epochs, values) in found.items():
            axes.plot(epochs, values, color=COLOURS[part], label=part, **look(epochs))
        fit_axes(axes, measure, found.values())
        if majority is not None:
            draw_reference(axes, measure, majority)
        if measure == best_measure:
            _mark_best(axes, measure, found[best_part])
        ends = [(label(part), each[1][-1], COLOURS[part]) for part, each in found.items()]
        label_ends(axes, ends)


def _best_column(history: History) -> tuple[str, str]:
    """What the best epoch is chosen by: an accuracy, or else a loss; of the test set if it has."""
    for measure in ("accuracy", "loss"):
        for part in reversed(PARTS):
            if series(history, measure, part):
                return measure, part
    return "", ""


def _mark_best(axes: "Axes", measure: str, found: Series) -> None:
    epochs, values = found
    best = max(values) if measure == "accuracy" else min(values)
    epoch = epochs[values.index(best)]
    axes.plot([epoch], [best], "*", color=BEST, markersize=9, zorder=5, label="best")
    if measure == "accuracy":
        said = label(f"best {best:.2%}, epoch {int(epoch)}")
    else:
        said = label(f"lowest {best:.4g}, epoch {int(epoch)}")
    axes.set_title(f"★ {said}", loc="right", color=BEST, fontsize=SMALL)


def band(histories: Sequence[History], title: str, *, majority: float | None = None) -> "Figure":
    """The mean over runs that differ in their seeds, and a band of one standard deviation.

    It ends where the first of them ends. Up to SINGLE of them have a thin line each.
    """
    figure = new_figure(WIDTH, height_of(measured(histories)))
    for measure, axes in add_panels(figure, histories).items():
        ends, drawn = [], []
        for part in PARTS:
            found = [each for history in histories if (each := series(history, measure, part))]
            if found:
                mean = _draw_band(axes, measure, part, found)
                drawn += [mean, *found]
                ends.append((label(part), mean[1][-1], COLOURS[part]))
        fit_axes(axes, measure, drawn)
        if majority is not None:
            draw_reference(axes, measure, majority)
        label_ends(axes, ends)
    add_title(figure, title)
    return figure


def _draw_band(axes: "Axes", measure: str, part: str, found: Sequence[Series]) -> Series:
    """The mean's line, the band, the runs' own lines; returns the mean."""
    import numpy as np

    colour = COLOURS[part]
    shortest = min(len(values) for _, values in found)
    epochs = found[0][0][:shortest]
    values = np.array([each[:shortest] for _, each in found])  # (runs, epochs)
    mean = values.mean(axis=0)
    std = values.std(axis=0, ddof=1) if len(values) > 1 else np.zeros_like(mean)
    if len(found) <= SINGLE:
        axes.plot(epochs, values.T, color=colour, linewidth=0.6, alpha=0.5)
    # a logarithmic axis has no place for what is not positive
    lowest = np.maximum(mean - std, values.min(axis=0)) if values.min() > 0 else mean - std
    axes.fill_between(epochs, lowest, mean + std, color=colour, alpha=0.25, linewidth=0)
    axes.plot(epochs, mean, color=colour, label=part, **look(epochs))
    if measure == "accuracy":
        said = f"{mean[-1]:.2%} ± {std[-1]:.2%}"
    else:
        said = f"{mean[-1]:.4g} ± {std[-1]:.2g}"
    axes.set_title(said, loc="right", color=colour, fontsize=SMALL)
    return epochs, mean.tolist()


def of_seeds(record: RunRecord) -> "Figure":
    """The mean curve of the seeds that have come to a result, with its band."""
    histories = [[row.record() for row in each.rows] for each in record.seeds]
    document = record.document()
    return band(histories, title_of(document), majority=majority_of(document))

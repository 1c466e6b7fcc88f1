"""The figures of a run: whether they contradict each other, and how far they are from another's."""

from collections.abc import Iterator, Mapping
from typing import Any

from ptnotes.engine.metrics import per_class, wilson_interval
from ptnotes.quantities import written
from ptnotes.reproduce.comparison import DIFFERS, compare
from ptnotes.runs.document import Document

ACCURACIES = ("test_accuracy", "train_accuracy")  # of a result, the first that it has
NO_FIGURES = ("best_epoch", "larger_class_share")  # these differ from seed to seed
LONGEST = 40  # characters of a value in a reason


def accuracy_of(result: Mapping[str, Any]) -> tuple[str, Any]:
    """Its name and its value; "" and None where there is none."""
    return next(((name, result[name]) for name in ACCURACIES if name in result), ("", None))


def shown(name: str, value: Any) -> str:
    """A value in a reason."""
    text = written(name, value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def contradictions(document: Document) -> Iterator[str]:
    """What of a finished run's history and result can't be of one run.

    ptnotes computes these figures from each other, so that they are equal to the bit.
    """
    history, result = document["history"], document["result"]
    yield from _of_epochs(document["config"]["epochs"], history, result)
    if not history:
        return
    chosen = "best_epoch" in result and "val_accuracy" in result
    if chosen:
        rows = [row for row in history if row["epoch"] == result["best_epoch"]]
        if not rows or rows[0].get("val_accuracy") != result["val_accuracy"]:
            yield "the best epoch's validation accuracy is not the history's"
    elif "val_accuracy" not in history[-1]:
        for name, value in history[-1].items():
            if name in result and "seconds" not in name and "loss" not in name:
                if result[name] != value:
                    what, said = name.replace("_", " "), shown(name, result[name])
                    yield f"its {what} is {said} in the result, {shown(name, value)} in the history"
    if "best_test_accuracy" in result:
        if result["best_test_accuracy"] != max(row.get("test_accuracy", 0) for row in history):
            yield "the best test accuracy is not the history's"
    yield from _of_confusion(document["run"]["classes"], result)


def _of_epochs(
    epochs: int, history: list[dict[str, Any]], result: Mapping[str, Any]
) -> Iterator[str]:
    done = list(dict.fromkeys(row["epoch"] for row in history))
    ended_early = "best_epoch" in result and "val_accuracy" in result
    if done != list(range(1, len(done) + 1)) or not (len(done) == epochs or ended_early):
        yield f"the history has {len(done)} epochs, and {epochs} were to be trained"


def _of_confusion(classes: list[str], result: Mapping[str, Any]) -> Iterator[str]:
    """The schema has checked that it is a matrix of counts."""
    if "confusion" not in result:
        return
    cells = result["confusion"]
    right, samples = sum(row[at] for at, row in enumerate(cells)), sum(map(sum, cells))
    name, accuracy = accuracy_of(result)
    if not samples or accuracy != right / samples:
        given = written("accuracy", right / samples) if samples else "none"
        of = name.replace("_", " ")
        yield f"its {of} is {shown(name, accuracy)}, and its confusion matrix gives {given}"
        return
    if result.get("per_class") != per_class(cells, tuple(classes)):
        yield "precision and recall are not the confusion matrix's"
    interval = f"{name}_interval"
    if interval in result and result[interval] != wilson_interval(accuracy, samples):
        yield "the interval of the accuracy is not the confusion matrix's"


def deviations(result: Mapping[str, Any], wanted: Mapping[str, Any], tolerance: float) -> list[str]:
    """Figures of a result that are farther than ``tolerance`` from the wanted ones.

    Shares may differ by the tolerance, other numbers by ten times as much of their size; losses
    and times may be what they are.
    """
    found = compare(
        {"result": _figures(wanted)}, {"result": _figures(result)}, tolerance
    ).differences
    texts = []
    for each in found:
        if each.verdict == DIFFERS:
            name = each.value.rpartition(".")[2]
            there = "missing" if each.now is None else shown(name, each.now)
            what = name.replace("_", " ")
            texts.append(f"its {what} is {there}, not {shown(name, each.recorded)}")
    if "confusion" in wanted and "confusion" not in result:
        texts.append("the confusion matrix is missing")
    elif (samples := _samples(result)) != (asked := _samples(wanted)):
        texts.append(f"it was tested on {samples:,} samples, not {asked:,}")
    return texts


def _figures(result: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in result.items()
        if isinstance(value, int | float | str) and "loss" not in name and name not in NO_FIGURES
    }


def _samples(result: Mapping[str, Any]) -> int:
    return sum(map(sum, result.get("confusion", ())))

"""What the weights of a submission really give: the lesson measures them, as it does its own."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from torch import Tensor

from ptnotes.check.figures import accuracy_of, shown
from ptnotes.engine.device import keep_global_state
from ptnotes.errors import DataError
from ptnotes.events import Result, Snapshot
from ptnotes.predict.network import build
from ptnotes.reproduce.comparison import DIFFERS, compare
from ptnotes.reproduce.recorded import options_of
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import STATE_DICT, load_checkpoint
from ptnotes.runs.document import Document
from ptnotes.topics import module
from ptnotes.training import run_lesson

ROUNDING = 0.0005  # of a share: another processor's sums may turn a prediction or two
FLOATS = 1e-5  # of numbers that are no share of predictions
# of the epoch that was chosen, which the last one's weights don't say
CHOICE = ("best_epoch", "best_test_accuracy", "val_accuracy", "val_loss")


class Weights:
    """Measures weights of runs with the reference's configuration, on the CPU.

    A measurement is the end of a training: the lesson resumes from a state in which all epochs are
    done, with these weights. Raises DataError for data that can't be read.
    """

    def __init__(self, reference: Document, data_dir: Path | None) -> None:
        self.lesson = module(reference["topic"])
        self.options = options_of(reference) | {"device": "cpu"}
        if data_dir and self.options.get("data", "sample") != "sample":
            self.options["data_dir"] = data_dir
        self._state: dict[str, Any] | None = None

    def measure(self, run: Path, document: Document) -> dict[str, Any]:
        """The result that the weights in ``run`` give; ``document`` is its own.

        Raises DataError for weights that can't be read or are another network's.
        """
        weights: dict[str, Tensor] = load_checkpoint(run / documents.MODEL, allowed=STATE_DICT)
        try:
            weights = build(document, weights).state_dict()
        except DataError as error:
            raise DataError(f"{run / documents.MODEL}: {error}") from error
        if not all(each.isfinite().all() for each in weights.values()):
            raise DataError(f"{run / documents.MODEL} has values that are not finite")
        return self._end_of_training(document, weights)

    def _end_of_training(self, document: Document, weights: Mapping[str, Tensor]) -> dict[str, Any]:
        config, history = document["config"], document["history"]
        options = self.options | {"seed": config["seed"]}
        state = self._begun() | {"epoch": config["epochs"], "rows": history, "model": weights}
        with keep_global_state():
            (values,) = (
                event.values
                for event in run_lesson(self.lesson, options, state)
                if isinstance(event, Result)
            )
        if "confusion" in values:  # the accuracy itself may be that of the last row
            cells, (name, _) = values["confusion"], accuracy_of(values)
            right = sum(row[at] for at, row in enumerate(cells))
            return values | {name: right / sum(map(sum, cells))}
        return values

    def _begun(self) -> dict[str, Any]:
        """The state of a training that has just begun, of any seed: that splits the data, whose
        checksum is left out.
        """
        if self._state is None:
            with (
                keep_global_state(),
                closing(run_lesson(self.lesson, self.options, None)) as events,
            ):
                snapshot = next(event for event in events if isinstance(event, Snapshot))
                self._state = snapshot.state()
                del self._state["data"]
        return self._state


def miss(claimed: Mapping[str, Any], measured: Mapping[str, Any]) -> str | None:
    """The first figure of a claimed result that the weights don't give; the accuracy is first."""
    names = [each for each in measured if each in claimed and each not in CHOICE]
    tolerance = ROUNDING if "confusion" in measured else FLOATS
    then, now = ({name: each[name] for name in names} for each in (claimed, measured))
    for each in compare({"result": then}, {"result": now}, tolerance).differences:
        if each.verdict == DIFFERS:
            place = each.value.removeprefix("result.")
            name = place.partition("[")[0]
            given, claim = shown(name, each.now), shown(name, each.recorded)
            return f"its weights give a {place.replace('_', ' ')} of {given}, not {claim}"
    return None

"""A trained run in memory: its document, its network, its picture, its predictions."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ptnotes.events import RunRecord, Snapshot

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from torch import nn

PathLike = str | os.PathLike[str]


class Run:
    """A trained run: ``config``, ``environment``, ``history``, ``result``, ``model``."""

    def __init__(
        self,
        document: dict[str, Any],
        classes: Sequence[str],
        state: dict[str, Any],
        record: RunRecord | None = None,
        directory: Path | None = None,
    ) -> None:
        self.document, self.classes = document, tuple(classes)
        self.topic: str = document["topic"]
        self.config: dict[str, Any] = document["config"]
        self.environment: dict[str, Any] = document["environment"]
        self.result: dict[str, Any] = document["result"]
        self._state, self._record, self._directory = state, record, directory
        self._model: nn.Module | None = None

    @property
    def history(self) -> "pd.DataFrame":
        """A row per epoch (or per update, where an epoch is one): losses, accuracies, seconds."""
        import pandas as pd

        return pd.DataFrame(self.document.get("history", []))

    @property
    def model(self) -> "nn.Module":
        """The trained network, on the CPU and in eval mode.

        Raises DataError if the weights are not of the network that the configuration names.
        """
        from ptnotes.engine.state import chosen_weights
        from ptnotes.predict.network import build

        if self._model is None:
            self._model = build(self._described(), chosen_weights(self._state))
        return self._model

    def _described(self) -> dict[str, Any]:
        """The document with its classes, as a saved run's has them."""
        return self.document | {"run": {"classes": list(self.classes)}}

    def plot(self, theme: str = "light") -> "Figure":
        """The lesson's own picture, or loss and accuracy over the epochs; light or dark.

        Raises ValueError for another theme.
        """
        from ptnotes.plots.pictures import picture
        from ptnotes.plots.theme import check_theme, drawn

        check_theme(theme)
        return drawn(theme, picture, self.document)

    def predict(self, inputs: str | Path | Sequence[str | Path]) -> "pd.DataFrame":
        """A row per input: "input", "prediction", "probabilities" (class → probability).

        ``inputs`` are images for mnist, surnames for names, CSV files of eight features for
        diabetes. Raises UsageError for a run of another topic, DataError for an input that can't
        be read, TypeError for what is neither text nor a path.
        """
        from ptnotes.predict.inference import table

        for each in [inputs] if isinstance(inputs, str | Path) else inputs:
            if not isinstance(each, str | Path):
                raise TypeError(f"an input is a {type(each).__name__}, not a name or a path")
        return table(self._described(), self.model, inputs)

    def inspect(self, given: str | Path | None = None) -> "pd.DataFrame":
        """A row per layer that runs, in order: "layer", "type", "output" (its shape for a sample),
        "parameters", "multiply_adds", "time_share".

        With an image, a surname, or a CSV file, whose first row is taken, also what the layer makes
        of it: "mean", "min", "max", "zero_share". Raises UsageError for a run whose network can't
        be inspected or takes no input, DataError for one that can't be read, TypeError.
        """
        import pandas as pd

        from ptnotes.inspect.inputs import check_topic
        from ptnotes.inspect.inspection import inspect

        if not isinstance(given, str | Path | None):
            raise TypeError(f"an input is a {type(given).__name__}, not a name or a path")
        document, text = self._described(), None if given is None else str(given)
        check_topic(document, "this", text)
        return pd.DataFrame(inspect(document, self.model, text).layers())

    def export(
        self,
        path: PathLike,
        to: Literal["onnx", "safetensors"] = "onnx",
        *,
        data_dir: PathLike | None = None,
    ) -> dict[str, Any]:
        """Write the network as ``ptnotes runs export`` does; what its JSON document says of it.

        ``data_dir`` is where the inputs are read from on which the file is checked. Raises
        UsageError for a run whose network has no such form, DataError for a missing package and
        for a file that can't be written or computes something else than the network.
        """
        from ptnotes.export.command import export
        from ptnotes.files import check_writable

        check_writable(Path(path))
        directory = None if data_dir is None else Path(data_dir)
        return export(self._described(), self.model, to, Path(path), directory)

    def save(self, directory: PathLike, *, force: bool = False) -> None:
        """Save the run as ``--out`` does; it can be loaded, resumed, shown and compared.

        Raises UsageError if the directory holds a run and ``force`` is False, DataError if it
        can't be written.
        """
        from collections import deque

        from ptnotes.runs import writer
        from ptnotes.runs.resume import open_run

        source, target = self._directory, Path(directory)
        if source and source.exists() and target.exists() and target.samefile(source):
            return
        with open_run(target, resume=False, force=force):
            if source is not None:
                writer.copy_run(source, target)
                return
            assert self._record is not None
            found: list[Any] = [self._record.header, *self._record.rows]
            found += [Snapshot(lambda: self._state), self._record.misclassified]
            found += [self._record.result]
            deque(writer.record_run(filter(None, found), target), maxlen=0)

    def __repr__(self) -> str:
        return f"<ptnotes run: {self._summary()}>"

    def _summary(self) -> str:
        named = [str(self.config[name]) for name in ("arch", "cell", "via") if name in self.config]
        what = " ".join([self.topic, *named, f"recipe {self.config['recipe']}"])
        numbers = [
            f"{name.replace('_', ' ')} {value:.4g}"
            for name, value in self.result.items()
            if isinstance(value, int | float) and not name.endswith("seconds")
        ]
        return ", ".join([what, f"seed {self.config.get('seed')}", *numbers[:3]])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<p>{escape(self._summary())}</p>{self.history.tail(20).to_html(index=False)}"

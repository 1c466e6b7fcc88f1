"""The live line below a growing table: epoch, step, loss, rate, time left. No torch here."""

import time
from collections.abc import Iterable
from typing import Any

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import Progress as Bar
from rich.progress import TextColumn
from rich.text import Text

from ptnotes.console.summary import losses
from ptnotes.console.theme import STYLES, sparkline
from ptnotes.events import Progress, RunRecord
from ptnotes.language import translate
from ptnotes.quantities import written

REFRESH = 5  # drawn so often a second; a millisecond or two each time
UPDATE_SECONDS = 1 / REFRESH
BAR, CURVE = 30, 30  # cells
SEPARATOR = " · "


class LiveLine:
    """Shows the epoch that runs. A topic reports every step, and some of them are shown."""

    def __init__(self, console: Console) -> None:
        self.bar = _Lines(
            TextColumn("{task.description}", style=STYLES["accent"], markup=False),
            TextColumn("{task.fields[told]}", style="dim", markup=False),
            console=console,
            transient=True,
            refresh_per_second=REFRESH,
        )
        self._updated = 0.0
        self._epoch: tuple[str, int | None] | None = None
        self._epoch_started = self._run_started = 0.0
        self._first = 0  # the epoch with which this process began
        self._at_start = 0

    def advance(self, progress: Progress, record: RunRecord) -> None:
        """Show how far it is; most steps are left out."""
        now = time.monotonic()
        if now - self._updated < UPDATE_SECONDS:
            return
        self._updated = now
        self.bar.start()
        if self._epoch != (key := (progress.of, progress.epoch)):
            self._run_started = self._run_started or now
            self._first = self._first or progress.epoch or 0
            self._epoch, self._epoch_started, self._at_start = key, now, progress.done
        what, told = self._described(progress, record, now)
        if not self.bar.tasks:
            self.bar.add_task(what, total=progress.total, told=told)
        task = self.bar.tasks[0].id
        self.bar.update(
            task, description=what, completed=progress.done, total=progress.total, told=told
        )
        self.bar.curve = losses(record)

    def _described(self, progress: Progress, record: RunRecord, now: float) -> tuple[str, str]:
        """The epoch, and how far it is: as much as the terminal has room for."""
        config = record.header.config
        epochs = config.get("epochs")
        what = translate(progress.of)
        if progress.epoch is not None:
            of = f"/{epochs}" if epochs and epochs >= progress.epoch else ""
            what = f"{what} {translate('epoch')} {progress.epoch}{of}".strip()
        steps = f"{progress.done:,}" + (f"/{progress.total:,}" if progress.total else "")
        parts = {"steps": steps}
        if progress.loss is not None:
            parts["loss"] = f"{translate('loss')} {written('loss', progress.loss)}"
        accuracy = getattr(record.rows[-1], "judged", None) if record.rows else None
        if progress.epoch and accuracy is not None:
            parts["accuracy"] = f"{translate('acc.')} {written('accuracy', accuracy)}"
        seconds, taken = now - self._epoch_started, progress.done - self._at_start
        if seconds > 0 and taken > 0:
            parts |= self._speed(progress, taken / seconds, config)
        room = self.bar.console.width - cell_len(what) - 2
        for name in ("accuracy", "rate", "loss", "steps"):
            if cell_len(SEPARATOR.join(parts.values())) > room:
                parts.pop(name, None)
        return what, SEPARATOR.join(parts.values())

    def _speed(self, progress: Progress, rate: float, config: dict[str, Any]) -> dict[str, str]:
        """``rate`` in steps a second; the time left of the epoch, and of all epochs."""
        size, epochs = config.get("batch_size"), config.get("epochs")
        if progress.epoch and isinstance(size, int):
            told = {"rate": f"{rate * size:,.0f} {translate('samples/s')}"}
        else:
            told = {"rate": f"{rate:,.0f}/s"}
        if not progress.total:
            return told
        left = (progress.total - progress.done) / rate
        told["left"] = _clock(left)
        if progress.epoch and epochs and epochs > progress.epoch:
            finished = progress.epoch - self._first
            whole = (self._epoch_started - self._run_started) / finished if finished else None
            each = whole or progress.total / rate
            told["left"] += f" / {_clock(left + (epochs - progress.epoch) * each)}"
        return told

    def stop(self) -> None:
        """Remove it."""
        self.bar.stop()


class _Lines(Bar):
    """The epoch's bar with the curve of the loss behind it, and below them how far it is."""

    curve: list[float] = []  # noqa: RUF012  # replaced, never changed

    def get_renderables(self) -> Iterable[RenderableType]:
        for task in self.tasks:  # none yet when rich's own constructor calls this
            width = max(1, min(BAR, self.console.width - 1))
            done = round(width * min(1, task.completed / task.total)) if task.total else 0
            line = Text.assemble(("━" * done, STYLES["accent"]), ("─" * (width - done), "dim"))
            room = self.console.width - width - 8
            if len(self.curve) > 1 and room > 2:
                curve = sparkline(self.curve, min(CURVE, room))
                line.append(f" {translate('loss')} ", "dim").append(curve, STYLES["accent"])
            yield line
        yield from super().get_renderables()


def _clock(seconds: float) -> str:
    """``1:05``, or ``2:01:05``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

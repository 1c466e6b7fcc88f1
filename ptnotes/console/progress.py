"""The progress bar below a growing table: steps, rate, time left. No torch here."""

import time

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from rich.text import Text

from ptnotes.events import Progress

UPDATE_SECONDS = 0.05


class _Rate(ProgressColumn):
    """Steps, or whatever is counted, per second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.0f}/s")


class ProgressBar:
    """Shows the epoch that runs. A topic reports every step, and some of them are shown."""

    def __init__(self, console: Console, quiet: bool) -> None:
        self.bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            _Rate(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_terminal,
        )
        self._updated = 0.0

    def advance(self, progress: Progress) -> None:
        """Show how far it is; an update costs 0.02 ms, so most steps are left out."""
        now = time.monotonic()
        if self.bar.disable or now - self._updated < UPDATE_SECONDS:
            return
        self._updated = now
        self.bar.start()
        epoch = "" if progress.epoch is None else f"epoch {progress.epoch}"
        what = f"{progress.of} {epoch}".strip()
        if not self.bar.tasks:
            self.bar.add_task(what, total=progress.total)
        elif self.bar.tasks[0].description != what:
            # its clock too: time left is the epoch's
            self.bar.reset(self.bar.tasks[0].id, description=what, total=progress.total)
        task = self.bar.tasks[0].id
        self.bar.update(task, completed=progress.done, total=progress.total)

    def stop(self) -> None:
        self.bar.stop()

"""The bar below a growing table: how far an epoch is, how fast, how long still. No torch here."""

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


class _Rate(ProgressColumn):
    """Steps, or whatever is counted, per second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.0f}/s")


def progress_bar(console: Console, quiet: bool) -> Bar:
    return Bar(
        TextColumn("{task.description}"),
        BarColumn(bar_width=20),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )


def advance(bar: Bar, progress: Progress) -> None:
    epoch = "" if progress.epoch is None else f"epoch {progress.epoch}"
    what = f"{progress.of} {epoch}".strip()
    if not bar.tasks:
        bar.add_task(what, total=progress.total)
    elif bar.tasks[0].description != what:
        # its clock too: time left is the epoch's
        bar.reset(bar.tasks[0].id, description=what, total=progress.total)
    bar.update(bar.tasks[0].id, completed=progress.done, total=progress.total)

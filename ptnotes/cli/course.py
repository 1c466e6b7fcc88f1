"""``topics``: the course, lesson by lesson."""

import platform
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ptnotes.cli import options
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, screen_width, show

if TYPE_CHECKING:
    from ptnotes.events import Event

HEADINGS = ("", "chapter", "command", "lines", "sample", "full")
ROOM_FOR_TITLES = 72  # columns; in fewer a title takes many lines


@app.command(
    epilog=examples("ptnotes topics", "ptnotes topics --lang zh", "ptnotes topics --json"),
)
def topics(as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    """The lessons in the course's order: the chapter, the notes' lines, the commands, what they
    take with the sample and with all data, and which of them runs below this directory have done.
    """
    from ptnotes import api

    lessons = api.course()
    events = _events(lessons, with_titles=screen_width(as_json) >= ROOM_FOR_TITLES)
    show(events, as_json, quiet, hints=_next(lessons))


def _events(lessons: list[dict[str, Any]], *, with_titles: bool) -> "Iterator[Event]":
    from ptnotes.events import Header, Marked, Result, Table
    from ptnotes.language import translate

    environment = {"python": platform.python_version(), "platform": platform.platform()}
    yield Header("topics", {}, environment)
    rows: list[tuple[str, ...]] = []
    for lesson in lessons:
        if with_titles:
            rows.append(("", "", Marked((translate(lesson["title"]), "title")), "", "", ""))
        for each in lesson["commands"]:
            done = Marked(("✓", "good")) if each["done"] else ""
            taken = (_duration(each[name]) for name in ("sample_seconds", "seconds"))
            chapters, lines = "\n".join(each["chapters"]), each["lines"].replace(", ", "\n")
            rows.append((done, chapters, Marked((each["command"], "accent")), lines, *taken))
    yield Table("The course 《PyTorch深度学习实践》, as the notes follow it", HEADINGS, rows)
    known = [each["done"] for lesson in lessons for each in lesson["commands"]]
    trainings = len(known) - known.count(None)
    yield Result({"done": known.count(True), "trainings": trainings, "lessons": lessons})


def _duration(seconds: float | None) -> str:
    """Flush right, for times below each other."""
    if seconds is None:
        return ""
    return f"{seconds:.0f} s".rjust(6) if seconds < 100 else f"{seconds / 60:.0f} min".rjust(6)


def _next(lessons: list[dict[str, Any]]) -> list[str]:
    """The first training that isn't done, so that it will be."""
    for lesson in lessons:
        for each in lesson["commands"]:
            if each["done"] is False:
                _, topic, *given = each["command"].split()
                return [f"{each['command']} --out runs/{'-'.join((topic, *given[1::2]))}"]
    return []

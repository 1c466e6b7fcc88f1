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
# columns; in fewer a title takes many lines, or a picture's description does
ROOM_FOR_TITLES, ROOM_FOR_PICTURES = 72, 100


@app.command(
    epilog=examples("ptnotes topics", "ptnotes topics --lang zh", "ptnotes topics --json"),
)
def topics(as_json: options.Json = False, quiet: options.Quiet = False) -> None:
    """The lessons in the course's order: the chapter, the notes' lines, the commands, what they
    take with the sample and with all data, and which of them runs below this directory have done.
    """
    from ptnotes import api

    lessons = api.course()
    events = _events(lessons, screen_width(as_json))
    show(events, as_json, quiet, hints=_next(lessons))


def _events(lessons: list[dict[str, Any]], width: int) -> "Iterator[Event]":
    from ptnotes.events import Header, Marked, Result, Table

    environment = {"python": platform.python_version(), "platform": platform.platform()}
    yield Header("topics", {}, environment)
    rows: list[tuple[str, ...]] = []
    for lesson in lessons:
        if width >= ROOM_FOR_TITLES:
            rows.append(("", "", _title(lesson, width), "", "", ""))
        for each in lesson["commands"]:
            done = Marked(("✓", "good")) if each["done"] else ""
            taken = (_duration(each[name]) for name in ("sample_seconds", "seconds"))
            chapters, lines = "\n".join(each["chapters"]), each["lines"].replace(", ", "\n")
            rows.append((done, chapters, Marked((each["command"], "accent")), lines, *taken))
    yield Table("The course 《PyTorch深度学习实践》, as the notes follow it", HEADINGS, rows)
    known = [each["done"] for lesson in lessons for each in lesson["commands"]]
    trainings = len(known) - known.count(None)
    yield Result({"done": known.count(True), "trainings": trainings, "lessons": lessons})


def _title(lesson: dict[str, Any], width: int) -> str:
    """What the lesson shows, and where there is room below it what --plot draws."""
    from ptnotes.events import Marked
    from ptnotes.language import translate

    parts = [(translate(lesson["title"]), "title")]
    if lesson["picture"] and width >= ROOM_FOR_PICTURES:
        parts += [("\n", ""), (f"--plot: {translate(lesson['picture'])}", "dim")]
    return Marked(*parts)


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

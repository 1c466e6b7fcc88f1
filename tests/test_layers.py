"""The architecture: each room of the package imports only those that stand before it here."""

import ast
import re
from pathlib import Path

import pytest

import ptnotes

PACKAGE = Path(ptnotes.__file__).parent
ORDER = [
    *("__init__", "errors", "language", "quantities", "events", "files", "frames", "reference"),
    *("engine", "datasets", "models", "plots", "console", "runs", "stats"),
    *("topics", "predict", "inspect", "page", "export", "run", "provenance", "training"),
    "lr_find",
    *("verify", "doctor", "api", "reproduce", "check", "cli", "__main__"),
]
# what shows or saves a run knows its events alone, not what yields them
FACES = {"console", "plots", "runs"}
KNOWN_TO_FACES = {
    "__init__",
    "errors",
    "events",
    "files",
    "frames",
    "language",
    "plots",
    "quantities",
}
FILES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> set[str]:
    """The rooms that a module imports, wherever in it. "ptnotes" itself is "__init__"."""
    rooms = set()
    for node in ast.walk(ast.parse(source)):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "ptnotes":
            names = [f"ptnotes.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports hide the room"
            names = [node.module or ""]
        for package, _, rest in (name.partition(".") for name in names):
            if package == "ptnotes":
                room = rest.partition(".")[0]
                rooms.add(room if room in ORDER else "__init__")
    return rooms


def violations(room: str, source: str) -> set[str]:
    """The rooms that a module of ``room`` must not import, and does."""
    imported, rank = imported_rooms(source), ORDER.index(room)
    wrong = {each for each in imported if ORDER.index(each) > rank}
    if room in FACES:
        return wrong | (imported - KNOWN_TO_FACES - {room})
    if room in ("engine", "datasets", "models", "topics"):  # they yield; others show
        return wrong | (imported & FACES)
    return wrong


def test_every_room_has_its_place():
    assert {room_of(path) for path in FILES} == set(ORDER)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_one_way(path):
    if path == PACKAGE / "__init__.py":  # the public names, imported when they are first used
        return
    assert violations(room_of(path), path.read_text(encoding="utf-8")) == set()


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name == "topics"])
def test_lessons_do_not_know_each_other(path):
    """A lesson is read alone; the package's own modules are for all."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert "topics" not in {*str(node.module).split("."), *(a.name for a in node.names)}
        if isinstance(node, ast.Import):
            assert not any(alias.name.startswith("ptnotes.topics") for alias in node.names)


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("events", "from ptnotes.engine.device import environment"),
        ("engine", "def f():\n    from ptnotes.datasets import mnist"),
        ("topics", "from ptnotes import api"),
        ("topics", "from ptnotes.console.render import present"),
        ("plots", "import ptnotes.topics.mnist"),
        ("console", "from ptnotes.runs.document import read"),
        ("runs", "from ptnotes.engine.state import State"),
        ("verify", "from ptnotes.cli import app"),
    ],
)
def test_the_test_notices_a_wrong_import(room, line):
    assert violations(room, line)


def test_the_readmes_list_every_room_in_this_order():
    for name in ("README.md", "README.zh-CN.md"):
        path = PACKAGE.parent / name
        if not path.exists():
            pytest.skip("needs the checkout")
        listed = re.findall(r"^ptnotes/(\w+)(?:/|\.py) ", path.read_text(encoding="utf-8"), re.M)
        assert listed == [room for room in ORDER if not room.startswith("__")]

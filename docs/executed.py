"""Runs the pages' examples on the sample data: ``python docs/executed.py [PAGE…]`` mends them.

- A block of "console" is made again: what each ``$ ptnotes …`` prints. ``$ ls`` and ``$ cat FILE``
  are there too, and ``| head -N`` and ``| tail -N``.
- A block of "python" is run, all of a page in one namespace. A block of "text" right behind it
  is what it prints; its last line is the exception, if it raises one.
- An excerpt, a block that begins with ``# ptnotes/FILE``, must be in that file, spaces aside.
- What a page needs first stands in ``<!-- before: … -->``: commands and lines of Python.

Each page runs in an empty directory. Times and dates may differ, and digits as CPUs round them.
"""

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

from typer.testing import CliRunner  # noqa: E402

from ptnotes.cli import app  # noqa: E402
from ptnotes.language import catalogue  # noqa: E402

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXAMPLE = re.compile(
    r"^<!-- before:\n(?P<before>.*?)-->$"
    r"|^```console\n(?P<console>.*?)^```$"
    r"|^```python\n(?P<python>.*?)^```$(?:\n\n```text\n(?P<printed>.*?)^```$)?",
    re.DOTALL | re.MULTILINE,
)
PIPE = re.compile(r" \| (head|tail) -(\d+)$")
EXCERPT = re.compile(r"# (ptnotes/\S+\.py)\n")
EDIT = re.compile(r"# ptnotes/\S+\.py, ")  # tests/test_how_it_works.py does these
NUMBER = re.compile(r"(?<!\w)-?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?(?!\w)")
DATE = r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?"
DURATION = r"\d[\d.,]* ?(?:ms|s|min|images/s|秒|分钟)(?!\w)"
VARIES = re.compile(rf"{DATE}|{DURATION}|\d+ (?:threads?|个线程)")
# of a table's columns and a summary's lines
TIMES = {"train s", "test s", "val s", "date", "images per second"}
TIMES |= {f"{part}seconds" for part in ("train ", "test ", "wall ", "")}
TIMES |= {catalogue().get(name, name) for name in TIMES}
TOLERANCE = 0.01  # of a number: between AVX-512 and SSE4.1 all pages differ by 0.52 % at most


class Page:
    """The examples of one page, run in their order."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.language = "zh" if path.parent.name == "zh" or "zh-CN" in path.name else "en"
        self.namespace: dict[str, object] = {"__name__": "__main__"}

    def made_again(self) -> str:
        """The page's text with the output of now."""
        text = self.path.read_text(encoding="utf-8")
        with self._place():
            return EXAMPLE.sub(self._example, text)

    @contextlib.contextmanager
    def _place(self) -> Iterator[None]:
        settings = {"PTNOTES_LANG": self.language, "COLUMNS": "88", "PTNOTES_OFFLINE": "1"}
        before = dict(os.environ)
        with tempfile.TemporaryDirectory() as directory, contextlib.chdir(directory):
            os.environ.update(settings)
            os.environ.pop("PTNOTES_DATA", None)
            try:
                yield
            finally:
                os.environ.clear()
                os.environ.update(before)

    def _example(self, found: re.Match[str]) -> str:
        if found["before"] is not None:
            for command, python in re.findall(
                r"^\$ (.*)\n|((?:^(?!\$ ).*\n)+)", found["before"], re.M
            ):
                if python:
                    exec(python, self.namespace)
                else:
                    self._prepare(command)
            return found[0]
        if found["console"] is not None:
            return f"```console\n{self._console(found['console'])}```"
        return self._python(found)

    def _prepare(self, line: str) -> None:
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        if done.exit_code:
            raise SystemExit(f"{self.path}: '{line}' failed: {done.output}")

    def _console(self, block: str) -> str:
        commands = [line for line in block.splitlines() if line.startswith("$ ")]
        return "".join(f"{line}\n{self._command(line[2:])}" for line in commands)

    def _command(self, line: str) -> str:
        line = re.split(r"\s+#\s", line)[0]
        pipe = PIPE.search(line)
        words = shlex.split(PIPE.sub("", line))
        if words[0] == "cat":
            shown = Path(words[1]).read_text(encoding="utf-8")
        elif words[0] == "ls":
            shown = "\n".join(sorted(path.name for path in Path(*words[1:]).iterdir()))
        elif words[0] == "ptnotes":
            done = CliRunner().invoke(app, words[1:], prog_name="ptnotes")
            shown = done.stdout if pipe else done.output
        else:
            raise SystemExit(f"{self.path}: '{line}' is no command of the examples")
        lines = [each.rstrip() for each in shown.rstrip().splitlines()]
        if pipe:
            count = int(pipe[2])
            lines = lines[:count] if pipe[1] == "head" else lines[-count:]
        return "".join(f"{each}\n" for each in lines)

    def _python(self, found: re.Match[str]) -> str:
        code = found["python"]
        if EDIT.match(code):
            return found[0]
        if excerpt := EXCERPT.match(code):
            self._check_excerpt(ROOT / excerpt[1], code[excerpt.end() :])
            return found[0]
        printed, error = _outcome(code, self.namespace)
        if found["printed"] is not None:
            return f"```python\n{code}```\n\n```text\n{printed}{error}```"
        if error:
            raise SystemExit(f"{self.path}: {error}in\n{code}")
        return found[0]

    def _check_excerpt(self, path: Path, code: str) -> None:
        source, lines = ("".join(text.split()) for text in (path.read_text(encoding="utf-8"), code))
        if lines not in source:
            raise SystemExit(f"{self.path}: {path.name} has no such lines:\n{code}")


def _outcome(code: str, namespace: dict[str, object]) -> tuple[str, str]:
    """What it prints, and a line for the exception that it raises, if it raises one."""
    printed, error = io.StringIO(), ""
    with contextlib.redirect_stdout(printed):
        try:
            exec(code, namespace)
        except Exception as raised:
            error = f"{type(raised).__name__}: {raised}".splitlines()[0] + "\n"
    return printed.getvalue(), error


def same(old: str, new: str) -> bool:
    """Whether two texts say the same, but for what may differ."""
    if old == new:
        return True
    old, new = (VARIES.sub("…", _without_times(text)) for text in (old, new))
    if " ".join(NUMBER.sub("0", old).split()) != " ".join(NUMBER.sub("0", new).split()):
        return False
    pairs = zip(NUMBER.findall(old), NUMBER.findall(new), strict=True)
    return all(_near(*(float(each.replace(",", "")) for each in pair)) for pair in pairs)


def _near(old: float, new: float) -> bool:
    return abs(old - new) <= max(TOLERANCE * max(abs(old), abs(new)), 1e-5)


def difference(old: str, new: str) -> str:
    """The first lines that are not the same."""
    pairs = zip(old.splitlines(), new.splitlines(), strict=False)
    return next((f"{a!r} was {b!r} now" for a, b in pairs if not same(a, b)), "lines come or go")


def _without_times(text: str) -> str:
    """A table's columns of times and a summary's lines of times left out."""
    kept: list[str] = []
    width, times = 0, set[int]()
    for line in text.splitlines():
        cells = re.split(r"\s{2,}", line.strip())
        if len(cells) == 2 and cells[0] in TIMES:
            continue
        if len(cells) > 2 and TIMES & set(cells):
            width = len(cells)
            times = {at for at, cell in enumerate(cells) if cell in TIMES}
        dropped = times if len(cells) == width else set()
        kept.append("  ".join(cell for at, cell in enumerate(cells) if at not in dropped))
    return "\n".join(kept)


def main(names: list[str]) -> None:
    """Mends the pages: an output that says what it said stays as it is."""
    paths = [Path(name).resolve() for name in names] or PAGES
    for path in paths:
        old = path.read_text(encoding="utf-8")
        new = Page(path).made_again()
        if not same(old, new):
            path.write_text(new, encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: mended")


if __name__ == "__main__":
    main(sys.argv[1:])

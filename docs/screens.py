"""Writes docs/screens/*.svg, the terminal pictures of the pages: ``python docs/screens.py``."""

import html
import io
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.cells import cell_len
from rich.terminal_theme import TerminalTheme
from typer import rich_utils
from typer.testing import CliRunner

from ptnotes.cli import app
from ptnotes.console import progress, render, start

PLACE = Path(__file__).parent / "screens"
WIDTH = 80
CELL = 12.2  # what rich takes for a column of the terminal, in the drawing's units
TEXT = re.compile(r'textLength="[^"]*"([^>]*)>([^<]*)<')
# without rich's fonts, which a viewer would fetch: the terminal's own stand beside them
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
DARK = TerminalTheme(
    (24, 24, 28),
    (220, 220, 220),
    [
        *((60, 60, 66), (240, 98, 98), (106, 200, 106), (220, 190, 90)),
        *((110, 160, 240), (210, 130, 220), (86, 200, 214), (220, 220, 220)),
    ],
)
SCREENS = {
    "help": ["--help"],
    "start": [],
    "mnist-help": ["mnist", "--help"],
    "mnist": ["mnist", "--sample", "--epochs", "5", "--out", "runs/first"],
    "linreg": ["linreg"],
    "seq": ["seq"],
    "names": ["names", "--sample", "--epochs", "8", "--out", "runs/names"],
    "runs-list": ["runs", "list", "runs"],
    "runs-show": ["runs", "show", "runs/first"],
    "predict": ["predict", "runs/names", "Yamamoto", "Rossi", "Kowalska"],
    "verify": ["verify", "--quick"],
    "doctor": ["doctor"],
    "topics": ["topics"],
}


def draw(arguments: list[str], language: str, *options: str) -> str:
    """What a terminal shows of a command, as SVG; ``options`` are not told."""
    console = render.OutputConsole(
        record=True,
        file=io.StringIO(),
        force_terminal=True,
        width=WIDTH,
        color_system="truecolor",
        legacy_windows=False,
        highlight=False,
    )
    places = [(render, "OutputConsole"), (start, "Console"), (rich_utils, "_get_rich_console")]
    kept = [getattr(module, name) for module, name in places]
    for module, name in places:
        setattr(module, name, lambda **_: console)
    try:
        found = CliRunner().invoke(
            app, ["--lang", language, *arguments, *options], prog_name="ptnotes"
        )
    finally:
        for (module, name), old in zip(places, kept, strict=True):
            setattr(module, name, old)
    if found.exit_code:
        sys.exit(f"{arguments}: {found.output}")
    title = " ".join(["$ ptnotes", *arguments])
    svg: str = console.export_svg(title=title, theme=DARK, code_format=FORMAT, unique_id="screen")
    # the places of the machine that draws are nobody's business
    svg = svg.replace(sys.executable, "/usr/bin/python3").replace(os.getcwd(), "/home/me/course")
    return TEXT.sub(_in_cells, svg)


def _in_cells(text: re.Match[str]) -> str:
    """The length of a text in columns; rich gives it in letters, and a Chinese one has two."""
    length = cell_len(html.unescape(text[2])) * CELL
    return f'textLength="{length:g}"{text[1]}>{text[2]}<'


def main(names: Any = SCREENS) -> None:
    progress.UPDATE_SECONDS = float("inf")  # no live line: only what stays
    PLACE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        for language in ("en", "zh"):
            for name in names:
                arguments = SCREENS[name]
                suffix = "" if language == "en" else ".zh"
                options = ["--force"] if "--out" in arguments else []
                svg = draw(arguments, language, *options)
                (PLACE / f"{name}{suffix}.svg").write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or SCREENS)

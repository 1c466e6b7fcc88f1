"""Writes docs/commands.md from the command line itself: ``python docs/generate.py``."""

from pathlib import Path

import typer
from typer.testing import CliRunner

from ptnotes.cli import app

PAGE = Path(__file__).parent / "commands.md"
WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100"}


def commands() -> list[str]:
    """The names of all commands, in the order of the notes."""
    return list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def page() -> str:
    """The whole page: every command's --help."""
    parts = ["# Commands\n", "Generated from `--help` by `python docs/generate.py`.\n"]
    for command in ("", *commands()):
        title = f"ptnotes {command}".strip()
        arguments = [*filter(None, [command]), "--help"]
        text = CliRunner().invoke(app, arguments, prog_name="ptnotes", env=WIDTH).output
        parts.append(f"## {title}\n\n```text\n{text.rstrip()}\n```\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")

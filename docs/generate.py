"""Writes docs/commands.md, docs/claims.md and the measured tables: ``python docs/generate.py``."""

import sys
from functools import partial
from pathlib import Path

import typer
from typer.testing import CliRunner

from ptnotes.cli import app
from ptnotes.verify.claims import CLAIMS

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

from measured import filled  # noqa: E402

TYPER = f"Typer {'.'.join(typer.__version__.split('.')[:2])}"
WIDTH = {"COLUMNS": "100", "PTNOTES_LANG": "en"}


def commands() -> list[str]:
    """The names of all commands, in the order of the notes."""
    return list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


def commands_page() -> str:
    """Every command's --help."""
    generated = f"Generated from `--help` with {TYPER} by `python docs/generate.py`.\n"
    parts = ["# Commands\n", generated]
    for command in ("", *commands()):
        title = f"ptnotes {command}".strip()
        arguments = [*filter(None, [command]), "--help"]
        text = CliRunner().invoke(app, arguments, prog_name="ptnotes", env=WIDTH).output
        lines = "\n".join(line.rstrip() for line in text.strip().splitlines())
        parts.append(f"## {title}\n\n```text\n{lines}\n```\n")
    return "\n".join(parts)


def claims_page() -> str:
    """The claims that ``verify`` checks."""
    corrected = sum(claim.correction is not None for claim in CLAIMS)
    quick = sum(claim.needs == "nothing" for claim in CLAIMS)
    parts = [
        "# Claims\n",
        "Generated from `ptnotes/verify/claims` by `python docs/generate.py`.",
        f"{len(CLAIMS)} claims; {corrected} are corrected, {quick} need neither data nor training.",
        "Line numbers are those of the notes.",
    ]
    section = ""
    for claim in CLAIMS:
        if claim.section != section:
            section = claim.section
            parts.append(f"\n## {section}\n\n| line | id | the notes say | right is | how |")
            parts.append("|---|---|---|---|---|")
        texts = (claim.statement, claim.correction or "", claim.method)
        cells = (str(claim.line), f"`{claim.id}`", *(text.replace("|", "\\|") for text in texts))
        parts.append(f"| {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


def measured_page(name: str) -> str:
    """The page as it is, with the tables of docs/measured."""
    spoken = "zh" if name.startswith("zh/") else "en"
    return filled((DOCS / name).read_text(encoding="utf-8"), spoken)


MEASURED = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if "<!-- measured: " in path.read_text(encoding="utf-8")
)
PAGES = {
    "commands.md": commands_page,
    "claims.md": claims_page,
    **{name: partial(measured_page, name) for name in MEASURED},
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")

"""``python -m ptnotes``."""

from ptnotes.cli import app

app(prog_name="ptnotes")

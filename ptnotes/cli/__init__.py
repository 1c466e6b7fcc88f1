"""The command line: options and help. Topics, and torch with them, are imported when one runs.

Importing a module of commands adds them to ``app``, in the order of this list.
"""

from ptnotes.cli import checking, data, demonstrations, networks, predict, runs, stats

from ptnotes.cli import topics as regression
from ptnotes.cli.main import app

__all__ = [
    "app",
    "checking",
    "data",
    "demonstrations",
    "networks",
    "predict",
    "regression",
    "runs",
    "stats",
]

"""The command line: options and help. Topics, and torch with them, are imported when one runs.

Importing a module of commands adds them to ``app``, in this order.
"""

# isort: off
from ptnotes.cli.main import app
from ptnotes.cli import topics, stats, predict, runs, data, verify

__all__ = ["app", "data", "predict", "runs", "stats", "topics", "verify"]

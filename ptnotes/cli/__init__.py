"""The command line: options and help. Topics, and torch with them, are imported when one runs.

Importing a module of commands adds them to ``app``, in this order.
"""

# isort: off
from ptnotes.cli.main import app
from ptnotes.cli import course, topics, stats, predict, inspect, runs, check, data, verify, doctor
from ptnotes.cli import reproduce, lr_find

__all__ = [
    "app",
    "check",
    "course",
    "data",
    "doctor",
    "inspect",
    "lr_find",
    "predict",
    "reproduce",
    "runs",
    "stats",
    "topics",
    "verify",
]

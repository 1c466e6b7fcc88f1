"""The runs that the submissions are made of."""

from tests.runs.conftest import run_of

__all__ = ["run_of"]

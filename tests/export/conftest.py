from tests.runs.conftest import run_of

__all__ = ["run_of"]

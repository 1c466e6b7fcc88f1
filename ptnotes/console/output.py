"""Standard output; what it fails with is told from the failures of other files. No rich here."""

import contextlib
from collections.abc import Iterator


class OutputError(OSError):
    """Standard output can't be written; ``errno`` is EPIPE if its reader is gone."""


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Inside, only output is written. Raises OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(error.errno, error.strerror, "the output") from error

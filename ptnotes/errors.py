"""Errors that a user can cause, and warnings. The command line prints their one line."""


class PtnotesError(Exception):
    """The work failed; the message is one line: what was wrong, and what to do."""


class UsageError(PtnotesError, ValueError):
    """Options that don't fit each other or the data; the exit code is 2, not 1."""


class DataError(PtnotesError):
    """A data file is missing, unreadable, or does not hold what it should."""


class DeviceError(PtnotesError):
    """The device asked for is not in this machine."""


class DivergedError(PtnotesError):
    """A number is NaN or infinite: going on would train nothing. ``what`` names it and where."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}: training has diverged; try a lower learning rate (--lr)")


class WorkerError(PtnotesError):
    """A worker process died: killed from outside, or out of memory."""


class InternalError(PtnotesError):
    """ptnotes itself failed: a bug. PTNOTES_DEBUG=1 shows the traceback."""


class PtnotesWarning(UserWarning):
    """Something to know that stops nothing."""

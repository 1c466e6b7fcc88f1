"""Trains in children that can be killed, without importing torch for each: a server on its pipes.

    python -m tests.runs.trainer

Every line it reads is a JSON list: arguments, a signal, when a child that runs ptnotes gets it
(after so many seconds; once this metrics.csv has an epoch; null: never), and a fault (null: none).
The answer is the child's exit code, -9 where it was killed.

A fault is a number N and an error number: the child's Nth change of a directory, or fsync, fails
with this error; with 0 the child is killed before it.
"""

import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

import matplotlib.backends.backend_agg  # noqa: E402
import matplotlib.figure  # noqa: E402, F401
import torch  # noqa: E402, F401

import ptnotes.topics.mnist  # noqa: E402
import ptnotes.topics.names  # noqa: E402, F401
from ptnotes.cli import app  # noqa: E402

CHANGES = ("mkdir", "replace", "rename", "unlink", "remove", "rmdir", "fsync")


def inject(place: int, error: int) -> None:
    """From here on, the call number ``place`` of those in CHANGES fails, or is the last."""
    calls = iter(range(1, place + 1))

    def faulty(call):  # type: ignore[no-untyped-def]
        def wrapped(*arguments, **options):  # type: ignore[no-untyped-def]
            if next(calls, None) == place:
                if not error:
                    os.kill(os.getpid(), signal.SIGKILL)
                raise OSError(error, os.strerror(error))
            return call(*arguments, **options)

        return wrapped

    for name in CHANGES:
        setattr(os, name, faulty(getattr(os, name)))


def wait(after: float | str) -> None:
    """So many seconds, or until a file has a second line, for a minute at most."""
    if not isinstance(after, str):
        time.sleep(after)
        return
    for _ in range(600):
        time.sleep(0.1)
        with contextlib.suppress(OSError):
            if Path(after).read_bytes().count(b"\n") > 1:
                return


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        arguments, number, after, fault = json.loads(line)
        child = os.fork()
        if child == 0:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 1)
            if fault:
                inject(*fault)
            try:
                app(arguments)
            except SystemExit as error:
                os._exit(error.code if isinstance(error.code, int) else 1)
            finally:
                os._exit(70)  # an error that nothing caught
        if after is not None:
            wait(after)
            os.kill(child, number)  # it is there, if only as a zombie, until it is waited for
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

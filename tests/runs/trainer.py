"""Trains in children that can be killed, without importing torch for each: a server on its pipes.

    python -m tests.runs.trainer

Every line it reads is a JSON list: arguments, a signal, and after how many seconds a child that
runs ptnotes gets it (null: never). The answer is the child's exit code, -9 where it was killed.
"""

import json
import os
import sys
import time

from ptnotes.engine.runtime import configure_allocator

configure_allocator()

import matplotlib.backends.backend_agg  # noqa: E402
import matplotlib.figure  # noqa: E402, F401
import torch  # noqa: E402, F401

import ptnotes.topics.mnist  # noqa: E402
import ptnotes.topics.names  # noqa: E402, F401
from ptnotes.cli import app  # noqa: E402


def main() -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        arguments, number, after = json.loads(line)
        child = os.fork()
        if child == 0:
            with open(os.devnull, "w") as nowhere:
                os.dup2(nowhere.fileno(), 1)
            try:
                app(arguments)
            except SystemExit as error:
                os._exit(error.code if isinstance(error.code, int) else 1)
            finally:
                os._exit(70)  # an error that nothing caught
        if after is not None:
            time.sleep(after)
            os.kill(child, number)  # it is there, if only as a zombie, until it is waited for
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()

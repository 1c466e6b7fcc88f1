"""The runs of an experiment in several processes. No torch here: each loads its own."""

import contextlib
import multiprocessing
import os
import signal
import threading
import warnings
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from ptnotes.engine.runtime import configure_allocator, skip_dynamo
from ptnotes.errors import PtnotesError, PtnotesWarning, WorkerError
from ptnotes.events import Progress
from ptnotes.language import language, set_language
from ptnotes.reproduce import running
from ptnotes.reproduce.grid import Task
from ptnotes.reproduce.running import Machine, Outcome

SECONDS = 0.5  # between two Progress

Answer = tuple[str, str]  # "warning" or "end", and its text; an end without one is a success


class _Worker:
    """A process and the run that it has."""

    def __init__(self, machine: Machine) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads
        self.connection, theirs = context.Pipe()
        self.process = context.Process(
            target=_work, args=(theirs, machine, language()), daemon=True
        )
        try:
            self.process.start()
        except OSError as error:
            raise WorkerError(f"no worker process can be started ({error.strerror})") from error
        theirs.close()  # so that the connection ends with the process
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # it died: its end is read next
            self.connection.send(task)

    def end(self) -> None:
        self.process.terminate()  # what a run has saved stays whole
        self.process.join()
        self.connection.close()


def in_processes(
    tasks: Sequence[Task], machine: Machine, jobs: int
) -> Iterator[Progress | Outcome]:
    """Run so many at a time, each of its own process; the outcomes come as the runs end.

    However it ends, no process is left. Raises WorkerError if none can be started.
    """
    waiting, done = list(reversed(tasks)), 0
    workers: list[_Worker] = []
    try:
        for _ in range(min(jobs, len(tasks))):
            workers.append(_Worker(machine))
            workers[-1].give(waiting.pop())
        while busy := [each for each in workers if each.task]:
            yield Progress(None, done, len(tasks), of="runs")
            for ready in wait([each.connection for each in busy], SECONDS):
                worker = next(each for each in busy if each.connection is ready)
                found = _answer(worker)
                if found is None:
                    continue
                done += 1
                yield found
                if not worker.process.is_alive():
                    worker.end()
                    workers.remove(worker)
                    if not waiting:
                        continue
                    worker = _Worker(machine)
                    workers.append(worker)
                worker.task = None
                if waiting:
                    worker.give(waiting.pop())
    finally:
        for worker in workers:
            worker.end()


def _answer(worker: _Worker) -> Outcome | None:
    """What a worker's run came to, if that is what it says."""
    assert worker.task
    try:
        kind, text = worker.connection.recv()
    except (EOFError, OSError):
        worker.process.join()
        return Outcome(worker.task, None, "its process was killed, perhaps for want of memory")
    if kind == "warning":
        warnings.warn(text, PtnotesWarning, stacklevel=2)
        return None
    if text:
        return Outcome(worker.task, None, text)
    try:
        return running.outcome(worker.task)
    except PtnotesError as error:
        return Outcome(worker.task, None, str(error))


def _work(connection: "Connection[Answer, Task]", machine: Machine, screen: str) -> None:
    """In a worker: one run after the other, until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_die_with_parent, daemon=True).start()
    set_language(screen)  # of the pictures
    configure_allocator()
    skip_dynamo()

    def pass_on(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        if issubclass(category, PtnotesWarning):
            connection.send(("warning", str(message)))

    warnings.showwarning = pass_on
    warnings.simplefilter("default", PtnotesWarning)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        try:
            for _ in running.run(task, machine):
                pass
            text = ""
        except PtnotesError as error:
            text = str(error)
        except Exception as error:  # a bug: the other runs go on
            text = f"{type(error).__name__}: {error}"
        connection.send(("end", text))


def _die_with_parent() -> None:
    """Else a killed parent's runs would go on, and keep their directories locked."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)

"""Under torchrun: which process this is, and objects collected from all of them.

torch is imported only when objects are exchanged.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

from ptnotes.errors import DataError, PtnotesError, UsageError, WorkerError

T = TypeVar("T")
PARENT = os.getppid()  # torchrun's process


def rank() -> int:
    """This process's number from RANK, which torchrun sets; 0 without it. Raises UsageError."""
    return _place()[0]


def world_size() -> int:
    """The number of processes from WORLD_SIZE, which torchrun sets; 1 without it.

    Raises UsageError.
    """
    return _place()[1]


def _place() -> tuple[int, int]:
    number, size = os.environ.get("RANK", "0"), os.environ.get("WORLD_SIZE", "1")
    try:
        if 0 <= int(number) < int(size):
            return int(number), int(size)
    except ValueError:
        pass
    raise UsageError(
        f"RANK is '{number}' and WORLD_SIZE is '{size}', which torchrun does not set so: unset both"
    )


def is_rank_zero() -> bool:
    """Whether this process shows and saves the results of all."""
    return rank() == 0


def gather_on_rank0(own: T | PtnotesError) -> list[T] | None:
    """Every process's object, by rank, on rank 0; None on the others. Objects are pickled.

    A process that failed hands in its error: rank 0 then raises a DataError that names the
    process. Raises WorkerError if the processes can't connect.
    """
    import torch.distributed as dist

    if not dist.is_available():
        raise WorkerError("this build of torch can't connect processes: take --shard instead")
    gathered: list[T | PtnotesError] | None = [own] * world_size() if is_rank_zero() else None
    with _ended_with_torchrun():
        try:
            # the slowest process may end hours after the fastest; torchrun handles those that died
            dist.init_process_group("gloo", timeout=timedelta(weeks=1))
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise WorkerError(f"torchrun's processes can't connect: {reason}") from error
        try:
            dist.gather_object(own, gathered)
        finally:
            dist.destroy_process_group()
    if gathered is None:
        return None
    results: list[T] = []
    for number, one in enumerate(gathered):
        if isinstance(one, PtnotesError):
            raise DataError(f"process {number}: {one}") from one
        results.append(one)
    return results


@contextmanager
def _ended_with_torchrun() -> Iterator[None]:
    """Inside, this process ends if torchrun is killed: it would wait for the others in vain."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(1):
            if os.getppid() != PARENT:
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()

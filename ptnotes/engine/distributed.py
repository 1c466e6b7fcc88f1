"""Under torchrun: which process this is, and what the processes exchange.

The one place that knows ranks. torch is imported only when something is exchanged.
"""

import contextlib
import os
import pickle
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ptnotes.engine import sockets
from ptnotes.engine.connection import connected
from ptnotes.errors import DataError, InternalError, PtnotesError, UsageError, WorkerError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")
FAILED, TOLD = "failed", "told"  # in the store: an error and its process; that rank 0 has told it
TOLD_SECONDS = 10  # that a process which failed waits for rank 0 to say so
_joined = False  # whether this process is connected with the others
_sockets: sockets.Sockets = {}  # to the others, if all are on one machine


def rank() -> int:
    """This process's number from RANK, which torchrun sets; 0 without it. Raises UsageError."""
    return _place()[0]


def world_size() -> int:
    """The number of processes from WORLD_SIZE, which torchrun sets; 1 without it.

    Raises UsageError.
    """
    return _place()[1]


def local_rank() -> int:
    """This process's number on its machine from LOCAL_RANK, which torchrun sets; 0 without it."""
    number = os.environ.get("LOCAL_RANK", "0")
    return int(number) if number.isdecimal() else 0


def _on_one_machine() -> bool:
    """From LOCAL_WORLD_SIZE, which torchrun sets: whether all processes are on this machine."""
    return os.environ.get("LOCAL_WORLD_SIZE") == str(world_size())


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


def sharing() -> tuple[int, int]:
    """This process's rank and how many share one run: (0, 1) outside ``joined``."""
    return _place() if _joined else (0, 1)


@contextmanager
def joined() -> Iterator[None]:
    """Inside, the processes of torchrun compute one run together; nothing without torchrun.

    An error ends all of them: rank 0 raises what another raised, with its number. Raises
    WorkerError if they can't connect, or if one of them dies.
    """
    global _joined, _sockets
    if world_size() == 1 or _joined:
        yield
        return
    import torch.distributed as dist

    with connected(*_place(), timedelta(minutes=30)) as store, contextlib.ExitStack() as opened:
        _joined = True
        try:
            if _on_one_machine():
                _sockets = _connect_directly(opened)
            yield
            _exchange(dist.barrier)  # no process ends while another still receives
        except BaseException as error:
            _end_all(error, store, opened)
            raise
        finally:
            _joined, _sockets = False, {}


def _connect_directly(opened: contextlib.ExitStack) -> sockets.Sockets:
    try:
        return opened.enter_context(sockets.connected(*_place(), gather_everywhere))
    except ConnectionError as error:  # of another process; of this one's errors rank 0 is told
        raise WorkerError(f"torchrun's processes can't connect: {error}") from error


@contextmanager
def alone() -> Iterator[None]:
    """Inside, this process computes a run of its own while it is connected with the others."""
    global _joined
    before, _joined = _joined, False
    try:
        yield
    finally:
        _joined = before


def _end_all(error: BaseException, store: Any, opened: contextlib.ExitStack) -> None:
    """Tell rank 0 why this process ends, and close the ``opened`` sockets; on rank 0, raise what
    another has told.
    """
    import torch.distributed as dist

    if isinstance(error, KeyboardInterrupt | GeneratorExit):
        return  # torchrun ends all; or the one that takes the events has failed, and says so
    with contextlib.suppress(RuntimeError):  # the store may be gone with its process
        if not is_rank_zero():
            if not isinstance(error, WorkerError):
                store.set(FAILED, pickle.dumps((_kind(error), f"process {rank()}: {_line(error)}")))
                opened.close()  # what the others wait for now fails
                dist.destroy_process_group()
                store.wait([TOLD], timedelta(seconds=TOLD_SECONDS))
        elif isinstance(error, WorkerError) and store.check([FAILED]):
            kind, message = pickle.loads(store.get(FAILED))
            store.set(TOLD, "")
            raise kind(message) from error


def _kind(error: BaseException) -> type[PtnotesError]:
    """What rank 0 raises for another's error."""
    if isinstance(error, PtnotesError | OSError | MemoryError):
        return UsageError if isinstance(error, UsageError) else DataError
    return InternalError


def _line(error: BaseException) -> str:
    return str(error) if isinstance(error, PtnotesError) else f"{type(error).__name__}: {error}"


def all_gather(own: "Tensor", senders: int | None = None) -> "list[Tensor]":
    """The tensors of the first ``senders`` processes (None: all), by rank, on every process.

    All have one shape and type. Over the sockets, or by a broadcast from each: dist.all_gather
    would send those of the other processes too. Raises WorkerError.
    """
    import torch
    import torch.distributed as dist

    number, size = sharing()
    ranks = range(size if senders is None else min(senders, size))
    found = [own if each == number else torch.empty_like(own) for each in ranks]

    def through_sockets() -> None:
        ours, *theirs = [each.numpy().data.cast("B") for each in (own, *found)]
        sending = dict.fromkeys(_sockets.values() if number in ranks else (), ours)
        receiving = {_sockets[each]: theirs[each] for each in ranks if each != number}
        sockets.exchange(sending, receiving)

    def broadcast() -> None:
        sent = [dist.broadcast(found[each], each, async_op=True) for each in ranks]
        for each in filter(None, sent):
            each.wait()

    _exchange(through_sockets if _sockets and own.is_cpu else broadcast)
    return found


def share_out(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """``work`` of every item, in order; each is computed by one process, and all get all results.

    Raises WorkerError.
    """
    number, size = sharing()
    own = [work(item) for place, item in enumerate(items) if place % size == number]
    if size == 1:
        return own
    return gather_in_order(own)


def gather_in_order(own: list[T]) -> list[T]:
    """What all processes made of their items, in the items' order: process r of N has the items
    r, r + N, …. Raises WorkerError.
    """
    by_rank = gather_everywhere(own)
    size = len(by_rank)
    return [by_rank[place % size][place // size] for place in range(sum(map(len, by_rank)))]


def gather_everywhere(own: T) -> list[T]:
    """Every process's object, by rank, on all of them. Raises WorkerError."""
    import torch
    import torch.distributed as dist

    found: list[Any] = [None] * world_size()
    with torch.inference_mode(False):  # torch 2.4 can't gather tensors that are made in it
        _exchange(lambda: dist.all_gather_object(found, own))
    return found


def check_same(what: str, own: str) -> None:
    """Raises DataError if the processes that share a run have different texts."""
    every = gather_everywhere(own)
    for number, each in enumerate(every):
        if each != every[0]:
            raise DataError(f"process {number} has other {what} than process 0")


def from_rank0(value: T) -> T:
    """Rank 0's object, on all processes that share a run. Raises WorkerError."""
    if sharing()[1] == 1:
        return value
    import torch.distributed as dist

    found = [value]
    _exchange(lambda: dist.broadcast_object_list(found, src=0))
    return found[0]


def _exchange(collective: Callable[[], Any]) -> None:
    try:
        collective()
    except (RuntimeError, OSError) as error:  # the connection to a process closed, or timed out
        raise WorkerError("another process has ended: torchrun says which, and why") from error


def gather_on_rank0(own: T | PtnotesError) -> list[T] | None:
    """Every process's object, by rank, on rank 0; None on the others. Objects are pickled.

    A process that failed hands in its error: rank 0 then raises a DataError that names the
    process. Raises WorkerError if the processes can't connect.
    """
    import torch.distributed as dist

    gathered: list[T | PtnotesError] | None = [own] * world_size() if is_rank_zero() else None
    # the slowest process may end hours after the fastest; torchrun handles those that died
    with connected(*_place(), timedelta(weeks=1)):
        dist.gather_object(own, gathered)
    if gathered is None:
        return None
    results: list[T] = []
    for number, one in enumerate(gathered):
        if isinstance(one, PtnotesError):
            raise DataError(f"process {number}: {one}") from one
        results.append(one)
    return results

"""Under torchrun: which process this is, and what the processes exchange.

The one place that knows ranks. torch is imported only when something is exchanged.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ptnotes.errors import DataError, PtnotesError, UsageError, WorkerError

if TYPE_CHECKING:
    from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")
PARENT = os.getppid()  # torchrun's process
TOLD_SECONDS = 10  # that a process which failed waits for rank 0 to say so
_joined = False  # whether this process is connected with the others


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


def sharing() -> tuple[int, int]:
    """This process's rank and how many share one run: (0, 1) outside ``joined``."""
    return _place() if _joined else (0, 1)


@contextmanager
def joined() -> Iterator[None]:
    """Inside, the processes of torchrun compute one run together; nothing without torchrun.

    An error ends all of them: rank 0 raises what another raised, with its number. Raises
    WorkerError if they can't connect, or if one of them dies.
    """
    global _joined
    if world_size() == 1 or _joined:
        yield
        return
    import torch.distributed as dist

    with _connected(timedelta(minutes=30)) as store:
        _joined = True
        try:
            yield
            _exchange(dist.barrier)  # no process ends while another still receives
        except BaseException as error:
            _end_all(error, store)
            raise
        finally:
            _joined = False


@contextmanager
def alone() -> Iterator[None]:
    """Inside, this process computes a run of its own while it is connected with the others."""
    global _joined
    before, _joined = _joined, False
    try:
        yield
    finally:
        _joined = before


def _end_all(error: BaseException, store: Any) -> None:
    """Tell rank 0 why this process ends; on rank 0, raise what another has told."""
    import torch.distributed as dist

    failed, told = (
        f"{name}/{os.environ.get('TORCHELASTIC_RESTART_COUNT')}" for name in ("failed", "told")
    )
    with contextlib.suppress(RuntimeError):  # the store may be gone with its process
        if not is_rank_zero():
            if isinstance(error, PtnotesError) and not isinstance(error, WorkerError):
                store.set(failed, f"{type(error).__name__} process {rank()}: {error}")
                dist.destroy_process_group()  # what the others wait for now fails
                store.wait([told], timedelta(seconds=TOLD_SECONDS))
        elif isinstance(error, WorkerError) and store.check([failed]):
            kind, _, message = store.get(failed).decode().partition(" ")
            store.set(told, "")
            raise (UsageError if kind == "UsageError" else DataError)(message) from error


def all_gather(own: "Tensor") -> "list[Tensor]":
    """Every process's tensor, by rank; all have one shape and type. Raises WorkerError."""
    import torch
    import torch.distributed as dist

    found = [torch.empty_like(own) for _ in range(world_size())]
    _exchange(lambda: dist.all_gather(found, own))
    return found


def share_out(items: Iterable[T], work: Callable[[T], R]) -> list[R]:
    """``work`` of every item, in order; each is computed by one process, and all get all results.

    Raises WorkerError.
    """
    number, size = sharing()
    own = [work(item) for place, item in enumerate(items) if place % size == number]
    if size == 1:
        return own
    by_rank = gather_everywhere(own)
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
    except RuntimeError as error:  # the connection to a process was closed, or timed out
        raise WorkerError("another process has ended: torchrun says which, and why") from error


def gather_on_rank0(own: T | PtnotesError) -> list[T] | None:
    """Every process's object, by rank, on rank 0; None on the others. Objects are pickled.

    A process that failed hands in its error: rank 0 then raises a DataError that names the
    process. Raises WorkerError if the processes can't connect.
    """
    import torch.distributed as dist

    gathered: list[T | PtnotesError] | None = [own] * world_size() if is_rank_zero() else None
    # the slowest process may end hours after the fastest; torchrun handles those that died
    with _connected(timedelta(weeks=1)):
        dist.gather_object(own, gathered)
    if gathered is None:
        return None
    results: list[T] = []
    for number, one in enumerate(gathered):
        if isinstance(one, PtnotesError):
            raise DataError(f"process {number}: {one}") from one
        results.append(one)
    return results


@contextmanager
def _connected(timeout: timedelta) -> Iterator[Any]:
    """The processes' group, of gloo and for GPUs of NCCL; yields the store that all can read."""
    import torch
    import torch.distributed as dist

    if not dist.is_available():
        raise WorkerError("this build of torch can't connect processes: take --shard instead")
    if os.name == "nt":
        os.environ.setdefault("USE_LIBUV", "0")  # torch's builds for Windows lack it
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _ended_with_torchrun():
        try:
            dist.init_process_group(backend, timeout=timeout)
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise WorkerError(f"torchrun's processes can't connect: {reason}") from error
        try:
            yield dist.distributed_c10d._get_default_store()
        finally:
            if dist.is_initialized():
                dist.destroy_process_group()


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

"""How torchrun's processes are connected. torch is imported only when they are."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from ptnotes.errors import UsageError, WorkerError

PARENT = os.getppid()  # torchrun's process


@contextmanager
def connected(rank: int, size: int, timeout: timedelta) -> Iterator[Any]:
    """The group of ``size`` processes, of gloo, for GPUs of NCCL; yields the store that they share.

    Raises WorkerError, UsageError.
    """
    import torch
    import torch.distributed as dist

    if not dist.is_available():
        raise WorkerError("this build of torch can't connect processes: take --shard instead")
    if dist.is_initialized():
        raise UsageError("torch.distributed is in use: destroy its process group first")
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    if os.name == "nt":
        os.environ.setdefault("USE_LIBUV", "0")  # torch's builds for Windows lack it
    backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
    with _ended_with_torchrun():
        try:
            found, _, _ = next(rendezvous("env://", timeout=timeout))
            store = PrefixStore(
                _meet(found, rank, size, time.monotonic() + timeout.total_seconds()), found
            )
            dist.init_process_group(
                backend, store=store, rank=rank, world_size=size, timeout=timeout
            )
        except (ValueError, RuntimeError) as error:
            reason = " ".join(str(error).split())
            raise WorkerError(f"torchrun's processes can't connect: {reason}") from error
        try:
            yield store
        finally:
            if dist.is_initialized():
                dist.destroy_process_group()


def _meet(store: Any, rank: int, size: int, end: float) -> str:
    """A name for this connection, on which its processes agree.

    torchrun keeps the store when it starts them again, and torch's keys in it: they lead to
    processes that are gone. ``end`` is on ``time.monotonic``. Raises RuntimeError.
    """
    own = leader = uuid4().hex
    others = [f"{own} {other}" for other in range(1, size)]

    def all_have_come() -> bool:
        return not others or bool(store.check(others))

    def leader_knows_this_process() -> bool:
        nonlocal leader
        if not store.check(["leader"]):
            return False
        leader = store.get("leader").decode()  # an earlier one's, maybe
        store.set(f"{leader} {rank}", own)
        met = f"{leader} met"
        return bool(store.check([met])) and own in store.get(met).decode()

    if rank == 0:
        store.set("leader", own)
    is_done = all_have_come if rank == 0 else leader_knows_this_process
    while not is_done():
        if time.monotonic() > end:
            raise RuntimeError("some of them have not come")
        time.sleep(0.02)
    if rank == 0:
        store.set(f"{own} met", " ".join(store.get(each).decode() for each in others))
    return leader


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

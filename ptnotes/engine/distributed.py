"""Under torchrun: which process this is, and bringing together what all have found."""

import os
from collections.abc import Generator
from datetime import timedelta

from ptnotes.errors import DataError, PtnotesError, WorkerError
from ptnotes.events import Progress
from ptnotes.stats.listing import Shard
from ptnotes.stats.sharding import Part, merged


def shard_of_this_process() -> Shard:
    """From RANK and WORLD_SIZE, which torchrun sets; without them, the whole."""
    return Shard(int(os.environ.get("RANK", 0)) + 1, int(os.environ.get("WORLD_SIZE", 1)))


def speaks() -> bool:
    """Whether this process shows what comes out: the first does, for all."""
    return shard_of_this_process().index == 1


def together(
    own: Generator[Progress, None, Part], process: Shard
) -> Generator[Progress, None, Part | None]:
    """Find this process's part; returns the whole in the first process, None in the others.

    Raises DataError in the first process for what went wrong in any: the others must not fail
    before, or torchrun ends the first while it still waits for them.
    """
    found: Part | PtnotesError
    try:
        found = yield from own
    except PtnotesError as error:
        found = error
    everyone = _gathered(found, process)
    if everyone is None:
        return None
    for rank, one in enumerate(everyone):
        if isinstance(one, PtnotesError):
            raise DataError(f"process {rank}: {one}") from one
    whole = [(f"process {rank}", part) for rank, part in enumerate(everyone)]
    return merged(whole)  # type: ignore[arg-type]  # none is an error


def _gathered(own: Part | PtnotesError, process: Shard) -> list[Part | PtnotesError] | None:
    import torch.distributed as dist

    found: list[Part | PtnotesError] | None = None
    if process.index == 1:
        found = [own] * process.count
    try:
        # the slowest shard may end hours after the fastest; torchrun sees to processes that died
        dist.init_process_group("gloo", timeout=timedelta(weeks=1))
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise WorkerError(f"torchrun's processes don't find each other: {reason}") from error
    try:
        dist.gather_object(own, found)
    finally:
        dist.destroy_process_group()
    return found

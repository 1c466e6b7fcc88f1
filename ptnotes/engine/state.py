"""The complete state of a training between two epochs, captured and restored."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LRScheduler

from ptnotes.engine.device import global_random_states, set_global_random_states
from ptnotes.engine.distributed import check_same, sharing
from ptnotes.engine.loop import count_parameters
from ptnotes.engine.shards import use_one_thread
from ptnotes.errors import DataError
from ptnotes.events import EpochRow, Event, Row, Snapshot

State = dict[str, Any]
# what optimizers keep that isn't a tensor like the parameter: numbers, and L-BFGS's gradients and
# steps, of all parameters in a row
SINGLE = ("step", "eta", "mu", "t", "H_diag", "ro", "al")
FLAT = ("d", "prev_flat_grad", "old_dirs", "old_stps")
Best = dict[str, Any]  # "epoch", "val_accuracy", "val_loss", "model"


class TrainingState:
    """What a training changes from epoch to epoch: weights, optimizer, schedule, streams, rows.

    A training that is built the same way and gets ``state`` back continues to the same bits on the
    CPU. ``generators`` are the random streams that its epochs draw from, ``data`` what it trains
    on, samples along the first dimension; ``started`` is when it began, on ``time.perf_counter``.
    With ``save_best`` or ``patience`` it keeps the weights of the epoch with the best validation
    accuracy (of several, the one with the lowest loss), and with ``patience`` it ends when so many
    epochs were no better.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        scheduler: LRScheduler | None = None,
        *,
        started: float,
        generators: Sequence[torch.Generator] = (),
        data: Sequence[Tensor] = (),
        row: type[Row] = EpochRow,
        save_best: bool = False,
        patience: int = 0,
    ) -> None:
        self.model, self.optimizer, self.scheduler = model, optimizer, scheduler
        self.generators, self.data = generators, data
        self.epoch = 0
        self.rows: list[Any] = []
        self.best: Best | None = None
        self._chooses, self._patience = save_best or patience > 0, patience
        self._row = row
        self._started = started

    def begin(self, saved: State | None) -> Iterator[Event]:
        """Restore ``saved``, if there is such a state; yields its rows.

        Raises DataError if it is the state of another training, or if the processes that share it
        have different data.
        """
        if saved is not None:
            self._restore(saved)
        if sharing()[1] > 1:
            check_same("data", self._digest)
        yield from self.rows
        yield Snapshot(self.state)

    def epochs(self, last: int) -> Iterator[int]:
        """The epochs that are left of ``last``, from 1, each begun on one thread of torch's."""
        for epoch in range(self.epoch + 1, last + 1):
            if self._patience and self.best and self.epoch - self.best["epoch"] >= self._patience:
                return
            use_one_thread()  # another run in this process may have changed it
            yield epoch

    def after(self, *rows: Row) -> Iterator[Event]:
        """An epoch is complete, and these are its rows: yields them."""
        self.rows += rows
        self.epoch += 1
        if self._chooses:
            self._choose(self.rows[-1])
        yield from rows
        yield Snapshot(self.state)

    def _choose(self, row: EpochRow) -> None:
        """Keep the weights if they are the best so far on the validation data."""
        assert row.val_accuracy is not None
        assert row.val_loss is not None
        found = {"val_accuracy": row.val_accuracy, "val_loss": row.val_loss}
        if self.best is None or _quality(found) > _quality(self.best):
            weights = {name: each.clone() for name, each in self.model.state_dict().items()}
            self.best = {"epoch": self.epoch, **found, "model": weights}

    @contextmanager
    def chosen_weights(self) -> Iterator[None]:
        """The model has the best epoch's weights inside, if one is chosen, and the last's after."""
        if self.best is None:
            yield
            return
        last = {name: each.clone() for name, each in self.model.state_dict().items()}
        self.model.load_state_dict(self.best["model"])
        try:
            yield
        finally:
            self.model.load_state_dict(last)

    def choice(self) -> dict[str, Any]:
        """For a Result: the epoch that is chosen, and its validation; empty if none is."""
        if self.best is None:
            return {}
        return {
            "best_epoch": self.best["epoch"],
            "val_accuracy": self.best["val_accuracy"],
            "val_loss": self.best["val_loss"],
        }

    def totals(self) -> dict[str, Any]:
        """For a Result: "parameters", "train_seconds" where the rows have them, "wall_seconds".

        What went before an interruption counts too.
        """
        found: dict[str, Any] = {"parameters": count_parameters(self.model)}
        if issubclass(self._row, EpochRow):
            found["train_seconds"] = sum(row.train_seconds for row in self.rows)
        return found | {"wall_seconds": self._wall_seconds()}

    def _wall_seconds(self) -> float:
        return time.perf_counter() - self._started

    def _samples(self) -> int | None:
        return len(self.data[0]) if self.data else None

    @cached_property
    def _digest(self) -> str:
        """The SHA-256 of the data: 70 ms for MNIST, where a run is saved."""
        found = hashlib.sha256()
        for tensor in self.data:
            found.update(f"{tensor.dtype} {tuple(tensor.shape)}".encode())
            found.update(tensor.cpu().contiguous().numpy().data)
        return found.hexdigest()

    def state(self) -> State:
        """Plain values and tensors; the tensors are the training's own, not copies."""
        return {
            "epoch": self.epoch,
            "rows": [dict(vars(row)) for row in self.rows],
            "wall_seconds": self._wall_seconds(),
            "samples": self._samples(),
            "data": self._digest,
            "model": self.model.state_dict(),
            "best": self.best,
            "optimizer": self.optimizer and self.optimizer.state_dict(),
            "scheduler": self.scheduler and self.scheduler.state_dict(),
            "generators": [generator.get_state() for generator in self.generators],
            "random": global_random_states(next(self.model.parameters()).device),
        }

    def _restore(self, state: State) -> None:
        try:
            if state["samples"] != self._samples():
                raise DataError(
                    f"the run was trained on {state['samples']} samples, and here are "
                    f"{self._samples()}: resume it with the same data"
                )
            if state.get("data", self._digest) != self._digest:  # older checkpoints have none
                raise DataError(
                    "the run was trained on other data than this: resume it with the same data"
                )
            if (best := state.get("best")) and self._chooses:  # older checkpoints have none
                self.model.load_state_dict(best["model"])
                _check_tensors(self.model, None)
                self.best = {**best, "epoch": int(best["epoch"])}
                _quality(self.best)
            self.model.load_state_dict(state["model"])
            if self.optimizer:
                self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler:
                self.scheduler.load_state_dict(state["scheduler"])
            for generator, saved in zip(self.generators, state["generators"], strict=True):
                generator.set_state(saved)
            _check_tensors(self.model, self.optimizer)
            self.epoch, self.rows = state["epoch"], [self._row(**row) for row in state["rows"]]
            self._started -= state["wall_seconds"]
            set_global_random_states(state["random"])
        except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            first = str(error).splitlines()[0]
            raise DataError(f"the checkpoint is that of another training: {first}") from error


def _quality(best: Best) -> tuple[float, float]:
    return float(best["val_accuracy"]), -float(best["val_loss"])


def chosen_weights(state: State) -> dict[str, Tensor]:
    """The weights that a training's result is measured with: the best epoch's, if it chooses."""
    weights: dict[str, Tensor] = (state.get("best") or state)["model"]
    return weights


def _check_tensors(model: nn.Module, optimizer: torch.optim.Optimizer | None) -> None:
    """What loading leaves unchecked: torch's kernels read beyond a state that is too small.

    Raises ValueError.
    """
    for name, value in model.state_dict().items():
        if not value.isfinite().all():
            raise ValueError(f"{name} has values that are not finite")
    every = sum(each.numel() for each in model.parameters() if each.requires_grad)
    flat, single = torch.Size([every]), torch.Size()
    for parameter, state in optimizer.state.items() if optimizer else ():
        for name, value in state.items():
            shape = single if name in SINGLE else flat if name in FLAT else parameter.shape
            for tensor in value if isinstance(value, list) else [value]:
                if isinstance(tensor, Tensor) and tensor.shape != shape:
                    raise ValueError(f"the optimizer's {name} is {tuple(tensor.shape)}")

"""A training between two epochs: all that it changes, captured and put back."""

import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LRScheduler

from ptnotes.engine.loading import Batches, generators
from ptnotes.engine.device import random_states, set_random_states
from ptnotes.errors import DataError
from ptnotes.events import EpochRow, Event, Row, Snapshot

State = dict[str, Any]


class Training:
    """What a training changes from epoch to epoch: weights, optimizer, schedule, randomness, rows.

    A training that is built the same way and gets ``state`` back goes on to the same bits, on the
    CPU with as many threads. ``started`` is when the command began, on ``time.perf_counter``.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer | None = None,
        scheduler: LRScheduler | None = None,
        train: Batches | None = None,
        *,
        started: float,
        row: type[Row] = EpochRow,
    ) -> None:
        self.model, self.optimizer, self.scheduler, self.train = model, optimizer, scheduler, train
        self.epoch = 0
        self.rows: list[Any] = []
        self._row = row
        self._started = started

    def begin(self, saved: State | None) -> Iterator[Event]:
        """Put ``saved`` back, if there is such a state; yields its rows.

        Raises DataError if it is that of another training.
        """
        if saved is not None:
            self._restore(saved)
        yield from self.rows
        yield Snapshot(self.state)

    def after(self, *rows: Row) -> Iterator[Event]:
        """An epoch is done, and these are its rows: yields them."""
        self.rows += rows
        self.epoch += 1
        yield from rows
        yield Snapshot(self.state)

    def wall_seconds(self) -> float:
        """Since the start; what went before an interruption counts too."""
        return time.perf_counter() - self._started

    def state(self) -> State:
        """Plain values and tensors; the tensors are the training's own, not copies."""
        return {
            "epoch": self.epoch,
            "rows": [dict(vars(row)) for row in self.rows],
            "wall_seconds": self.wall_seconds(),
            "samples": self._samples(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer and self.optimizer.state_dict(),
            "scheduler": self.scheduler and self.scheduler.state_dict(),
            "generators": [generator.get_state() for generator in self._generators()],
            "random": random_states(),
        }

    def _restore(self, state: State) -> None:
        try:
            if state["samples"] != self._samples():
                raise DataError(
                    f"the run was trained on {state['samples']} samples, and here are "
                    f"{self._samples()}: go on with the same data"
                )
            self.model.load_state_dict(state["model"])
            if self.optimizer:
                self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler:
                self.scheduler.load_state_dict(state["scheduler"])
            for generator, saved in zip(self._generators(), state["generators"], strict=True):
                generator.set_state(saved)
            self.epoch, self.rows = state["epoch"], [self._row(**row) for row in state["rows"]]
            self._started -= state["wall_seconds"]
            set_random_states(state["random"])
        except (RuntimeError, LookupError, TypeError, ValueError, AttributeError) as error:
            first = str(error).splitlines()[0]
            raise DataError(f"the checkpoint is that of another training: {first}") from error

    def _samples(self) -> int | None:
        return None if self.train is None else len(self.train.dataset)  # type: ignore[arg-type]

    def _generators(self) -> list[torch.Generator]:
        return [] if self.train is None else generators(self.train)

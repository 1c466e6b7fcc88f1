"""A claim of the notes, and what its check finds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

Needs = Literal["nothing", "data", "training"]


@dataclass(frozen=True)
class Settings:
    """The options of the checks that need data or training."""

    seed: int
    device: str
    threads: int | None
    data_dir: Path | None


@dataclass(frozen=True)
class Finding:
    """Whether the measured values (JSON values by name) confirm the claim, or its correction."""

    holds: bool
    measured: dict[str, Any]


def finding(holds: bool, **measured: Any) -> Finding:
    """For a claim with a correction, ``notes=`` and ``right=``: the value according to each."""
    return Finding(bool(holds), {name: _to_json(value) for name, value in measured.items()})


def _to_json(value: Any) -> Any:
    """numpy's numbers as Python's; NaN and the infinities by name, for JSON has none."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {name: _to_json(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_to_json(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Claim:
    """A sentence or number of the notes that can be checked.

    ``correction`` is None where the notes are right. ``check`` takes nothing, or the Settings if it
    ``needs`` data or training, and returns a Finding; one that trains is a generator of Progress.
    ``method`` describes it in a line.
    """

    id: str
    section: str
    line: int
    statement: str
    correction: str | None
    needs: Needs
    method: str
    check: Callable[..., Any]


def claim(
    *, line: int, statement: str, correction: str | None = None, needs: Needs = "nothing"
) -> Callable[[Callable[..., Any]], Claim]:
    """Makes a Claim of the check below it: its name is the id, its docstring the method."""

    def entry(check: Callable[..., Any]) -> Claim:
        identity = check.__name__.replace("_", "-")
        section = check.__module__.rsplit(".", 1)[-1]
        method = " ".join((check.__doc__ or "").split())
        return Claim(identity, section, line, statement, correction, needs, method, check)

    return entry


def error_of(action: Callable[[], Any]) -> str | None:
    """The name of the exception that ``action`` raises; None if it raises none."""
    try:
        action()
    except Exception as error:  # any exception is a finding
        return type(error).__name__
    return None

"""What a claim of the notes is, and what checking it finds."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

Needs = Literal["nothing", "data", "training"]


@dataclass(frozen=True)
class Settings:
    """What the checks that need more than arithmetic run with."""

    seed: int
    device: str
    threads: int | None
    data_dir: Path | None


@dataclass(frozen=True)
class Finding:
    """Whether what was computed bears the claim out, and what it was (JSON values by name)."""

    holds: bool
    measured: dict[str, Any]


def found(holds: bool, **measured: Any) -> Finding:
    """A claim with a correction says ``notes=`` and ``right=``: what each of them gives."""
    return Finding(bool(holds), {name: _writable(value) for name, value in measured.items()})


def _writable(value: Any) -> Any:
    """As JSON can hold it: numpy's numbers as Python's, nan and the infinities by name."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, dict):
        return {name: _writable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_writable(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Claim:
    """A sentence or number of the notes that can be checked.

    ``right`` is None where the notes are right, else what is. ``check`` computes: it takes nothing,
    or the Settings if it ``needs`` data or training, and returns a Finding (a training yields
    Progress on the way). ``how`` says in a line what it does.
    """

    id: str
    section: str
    line: int
    says: str
    right: str | None
    needs: Needs
    how: str
    check: Callable[..., Any]


def claim(
    *, line: int, says: str, right: str | None = None, needs: Needs = "nothing"
) -> Callable[[Callable[..., Any]], Claim]:
    """Makes a Claim of the check below it: its name is the id, its docstring says how."""

    def entry(check: Callable[..., Any]) -> Claim:
        identity = check.__name__.replace("_", "-")
        section = check.__module__.rsplit(".", 1)[-1]
        how = " ".join((check.__doc__ or "").split())
        return Claim(identity, section, line, says, right, needs, how, check)

    return entry


def error_of(action: Callable[[], Any]) -> str | None:
    """The name of the exception that ``action`` raises; None if it raises none."""
    try:
        action()
    except Exception as error:  # whatever it is, it is the answer
        return type(error).__name__
    return None


def evaluate(source: str, **names: Any) -> Any:
    """What a line of Python gives, with these names: for lines that don't run as printed."""
    return eval(compile(source, "notes", "eval"), names)

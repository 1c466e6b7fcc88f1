"""What a check says."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found, and what to do about it."""

    what: str
    status: Status
    found: str
    cure: str = ""

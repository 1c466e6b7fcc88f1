"""What can be said of a submission."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

Verdict = Literal[
    "not found",
    "refused",
    "damaged",
    "other topic",
    "other configuration",
    "unfinished",
    "contradictory",
    "figures off",
    "other weights",
    "ok",
]
NOT_FOUND: Final = "not found"
REFUSED: Final = "refused"  # not looked into: a link, too much of something
DAMAGED: Final = "damaged"
OTHER_TOPIC: Final = "other topic"
OTHER_CONFIGURATION: Final = "other configuration"
UNFINISHED: Final = "unfinished"
CONTRADICTORY: Final = "contradictory"  # figures that can't be of one run
FIGURES_OFF: Final = "figures off"
OTHER_WEIGHTS: Final = "other weights"
OK: Final = "ok"
ORDER: tuple[Verdict, ...] = get_args(Verdict)  # that in which they are found out


@dataclass(frozen=True)
class Finding:
    """The verdict on a run, why, and what it claims; ``run`` is None where there is none."""

    verdict: Verdict
    reasons: tuple[str, ...] = ()
    run: Path | None = None
    claimed: dict[str, Any] = field(default_factory=dict)

    @property
    def rank(self) -> int:
        """How far it came; an ok one comes farthest."""
        return ORDER.index(self.verdict)

"""The notes' checkable claims, in the order of the notes: a file per section.

A claim is one entry in its section's file: its line in the notes, what it states, and below it the
function that checks it.
"""

from ptnotes.verify.claims import (
    autograd,
    convolution,
    digits,
    images,
    loading,
    losses,
    recurrent,
    regression,
    sequences,
)
from ptnotes.verify.claims.claim import Claim, Finding, Settings

SECTIONS = (
    autograd,
    regression,
    loading,
    losses,
    images,
    convolution,
    digits,
    recurrent,
    sequences,
)

CLAIMS: tuple[Claim, ...] = tuple(
    entry for section in SECTIONS for entry in vars(section).values() if isinstance(entry, Claim)
)

__all__ = ["CLAIMS", "Claim", "Finding", "Settings"]

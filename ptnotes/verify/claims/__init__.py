"""The ledger: the notes' checkable claims, a file a topic, in the order of the notes.

A claim is one entry in its topic's file: where it stands, what it says, and below it the function
that checks it.
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

LEDGER: tuple[Claim, ...] = tuple(
    entry for section in SECTIONS for entry in vars(section).values() if isinstance(entry, Claim)
)

__all__ = ["LEDGER", "Claim", "Finding", "Settings"]

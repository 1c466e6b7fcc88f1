"""Runs that last: saved while they go on, resumed to the same bits, listed, shown, compared."""

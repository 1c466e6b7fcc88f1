"""Experiments again: a run's document, or a list of runs in a TOML file."""

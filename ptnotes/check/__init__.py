"""Submitted runs checked against a reference run. Nothing in a submission is executed."""

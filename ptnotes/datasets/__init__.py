"""Readers of the real data sets: locate, download if missing, read, check."""

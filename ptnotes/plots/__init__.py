"""Figures from plain arrays and rows. matplotlib is imported when something is drawn."""

"""Predictions of a trained run for a user's own images, surnames or rows of features."""

"""A trained run on one's own input: images, surnames, rows of features."""

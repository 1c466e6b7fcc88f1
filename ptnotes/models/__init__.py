"""Networks that more than one topic looks at."""

"""Events on a terminal, or as a JSON document."""

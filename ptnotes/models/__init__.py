"""Networks that more than one room uses."""

"""The notes' claims, and the runner that checks them."""

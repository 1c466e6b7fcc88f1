"""ptnotes: a well-known PyTorch course as a command-line toolkit."""

__version__ = "0.1.0"

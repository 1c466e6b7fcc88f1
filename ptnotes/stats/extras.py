"""Packages that only some formats need."""

import importlib
from typing import Any

from ptnotes.errors import DataError


def require(what: str, extra: str, *packages: str) -> Any:
    """The last of these packages, imported. Raises DataError with the command to install them."""
    found = None
    for package in packages:
        try:
            found = importlib.import_module(package)
        except ImportError as error:
            raise DataError(
                f"{what} is read with {package}: pip install 'ptnotes[{extra}]'"
            ) from error
    return found

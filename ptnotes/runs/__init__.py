"""Saved runs: written while they train, resumed to the same bits, listed, compared.

Called, ``ptnotes.runs("runs/")`` is the table of those in a directory: ``ptnotes.api.runs``.
"""

import sys

from ptnotes import CallableModule

sys.modules[__name__].__class__ = CallableModule

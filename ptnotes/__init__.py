"""ptnotes: a well-known PyTorch course as a toolkit, every experiment one command or one call.

    import ptnotes

    run = ptnotes.train("mnist", arch="cnn", recipe="tuned")
    run.result["test_accuracy"], run.history, run.model
    run.plot(), run.predict(["digit.png"]), run.save("runs/cnn")
    ptnotes.load("runs/cnn"), ptnotes.runs("runs/"), ptnotes.topics()
    ptnotes.channel_stats(dataset).normalize()

What is used is imported when it is first used: ``import ptnotes`` loads neither torch nor pandas.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ptnotes.api import load, train
    from ptnotes.run import Run
    from ptnotes.stats import ChannelStats, channel_stats

__version__ = "0.2.0"

__all__ = [
    "ChannelStats",
    "Run",
    "channel_stats",
    "events",
    "load",
    "runs",
    "topics",
    "train",
]

_HOMES = {
    **dict.fromkeys(("load", "train"), "ptnotes.api"),
    "Run": "ptnotes.run",
    **dict.fromkeys(("ChannelStats", "channel_stats"), "ptnotes.stats"),
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in __all__:
        return import_module(f"ptnotes.{name}")
    raise AttributeError(f"module 'ptnotes' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)


class CallableModule(ModuleType):
    """``ptnotes.events``, ``runs`` and ``topics`` are modules and functions of one name: called,
    such a module is the function of that name in ``ptnotes.api``.
    """

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        api = import_module("ptnotes.api")
        return getattr(api, self.__name__.rpartition(".")[2])(*arguments, **options)

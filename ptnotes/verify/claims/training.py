"""A topic's whole training, run for a claim."""

from collections.abc import Generator
from dataclasses import replace
from types import ModuleType
from typing import Any

from ptnotes.events import Progress, Result
from ptnotes.verify.claims.claim import Settings


def run_topic(
    topic: ModuleType, recipe: Any, settings: Settings, **options: Any
) -> Generator[Progress, None, dict[str, Any]]:
    """Train by a recipe with the seed, device and threads of the settings.

    Yields the Progress, returns the values of the Result. ``options`` are further arguments of
    ``topic.run``. Raises what it raises.
    """
    result: dict[str, Any] = {}
    for event in topic.run(
        replace(recipe, seed=settings.seed),
        device=settings.device,
        threads=settings.threads,
        **options,
    ):
        match event:
            case Progress():
                yield event
            case Result():
                result = event.values
    return result

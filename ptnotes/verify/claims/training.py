"""A topic's whole training, run for a claim."""

import dataclasses
from collections.abc import Generator
from typing import Any

from ptnotes.verify.claims.claim import Settings
from ptnotes.events import EpochRow, Progress, Result


def outcome(
    topic: Any, settings: Settings, *recipe: Any, **options: Any
) -> Generator[Progress, None, dict[str, Any]]:
    """Run a topic with the notes' recipe; yields its Progress, returns its result.

    ``recipe`` is the way to the recipe in ``topic.RECIPES``; with an EpochRow history, the result
    holds it as "history". Raises whatever the topic does.
    """
    chosen = topic.RECIPES
    for name in recipe:
        chosen = chosen[name]
    history = []
    result: dict[str, Any] = {}
    keywords = dataclasses.asdict(chosen) | options
    for event in topic.run(
        recipe=recipe[0],
        **({"seed": settings.seed} | keywords),
        device=settings.device,
        threads=settings.threads,
    ):
        match event:
            case Progress():
                yield event
            case EpochRow():
                history.append(event)
            case Result():
                result = event.values
    return result | {"history": history}

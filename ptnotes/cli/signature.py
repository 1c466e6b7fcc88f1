"""How a command gets groups of options: the signature that Typer reads is put together."""

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from typing import Annotated, Any

from ptnotes.cli.options import OF_RECIPE, Json, Quiet

Command = Callable[..., None]


def output(as_json: Json = False, quiet: Quiet = False) -> None:
    """Options of every command."""


def part_of(group: Command, *names: str) -> Command:
    """Some of the options of a group, or of a command, as a group of their own."""
    found = inspect.signature(group).parameters

    def part() -> None:
        """Options that other commands have too."""

    part.__signature__ = inspect.Signature([found[each] for each in names])  # type: ignore[attr-defined]
    return part


def add_options(
    *groups: Command, defaults: Mapping[str, str] | None = None
) -> Callable[[Command], Command]:
    """The parameters of ``groups`` become options of a command, after its own.

    They reach it as its keyword arguments.
    ``defaults`` are what --help shows instead of OF_RECIPE.
    """

    def decorate(command: Command) -> Command:
        own = inspect.signature(command).parameters.values()
        found = [each for each in own if each.kind is not inspect.Parameter.VAR_KEYWORD]
        for group in (*groups, output):
            found += inspect.signature(group).parameters.values()
        parameters = [
            each.replace(
                kind=inspect.Parameter.KEYWORD_ONLY,
                annotation=_with_default(each.annotation, (defaults or {}).get(each.name)),
            )
            for each in found
        ]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {each.name: each.annotation for each in parameters}
        return command

    return decorate


def _with_default(annotation: Any, text: str | None) -> Any:
    """An option with the default that --help shows."""
    option = next(iter(getattr(annotation, "__metadata__", ())), None)
    if text is None or option is None or option.show_default != OF_RECIPE:
        return annotation
    option = copy(option)
    option.show_default = text
    return Annotated[annotation.__origin__, option]

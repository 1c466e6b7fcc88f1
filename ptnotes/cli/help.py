"""How --help looks: panels, examples, the user's language. rich is imported when it is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup

from ptnotes.language import translate

Function = TypeVar("Function", bound=Callable[..., Any])
PANELS = {
    "Learn": ("topics", "backward", "linreg", "logistic", "diabetes", "mnist", "seq", "names"),
    "Look": ("losses", "tensors", "conv-demo", "rnn-demo"),
    "Use": ("predict", "inspect", "lr-find", "stats"),
    "Keep": ("runs", "data"),
    "Check": ("reproduce", "verify", "doctor"),
}
STYLES = {
    "STYLE_OPTION": "cyan",
    "STYLE_SWITCH": "cyan",
    "STYLE_NEGATIVE_OPTION": "cyan",
    "STYLE_NEGATIVE_SWITCH": "cyan",
    "STYLE_TYPES": "magenta",
    "STYLE_USAGE": "bold",
    "STYLE_USAGE_COMMAND": "",
    "STYLE_HELPTEXT": "",
    "STYLE_COMMANDS_TABLE_FIRST_COLUMN": "cyan",
    "RANGE_STRING": "",  # the help says what a number may be
}
TEXTS = {
    "REQUIRED_LONG_STRING": "[required]",
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
}


def _print_help(command: TyperCommand | TyperGroup, context: Any) -> None:
    from rich.markup import escape
    from typer import rich_utils

    for name, style in STYLES.items():
        setattr(rich_utils, name, style)
    for name, text in TEXTS.items():
        setattr(rich_utils, name, translate(text))
    rich_utils.DEFAULT_STRING = _Default(translate("[default: {}]"))
    shown: list[Any] = [command, *command.get_params(context)]
    if isinstance(command, TyperGroup):
        command.list_commands(context)  # their panels
        shown += command.commands.values()
    for each in shown:  # made for this call, so they can be changed
        each.help = escape(translate(" ".join((each.help or "").split())))
        if getattr(each, "is_flag", False):
            each.metavar = ""  # else <bool>
        if each.name == "help":
            each.rich_help_panel = "Output"
        if panel := getattr(each, "rich_help_panel", None):
            each.rich_help_panel = translate(panel)
        default = getattr(each, "show_default", None)
        if isinstance(default, str) and " " in default:  # a word is a value
            each.show_default = translate(default)
    if command.epilog:
        title, *examples = command.epilog.splitlines()
        lines = [f"  [cyan]{escape(line)}[/]" for line in examples]
        command.epilog = "\n".join([f"[bold]{translate(title)}[/]", *lines])
    with _folding():
        rich_utils.rich_format_help(obj=command, ctx=context, markup_mode="rich")


@contextmanager
def _folding() -> Iterator[None]:
    """Typer's tables cut off what has no spaces, as Chinese has none."""
    from typer import rich_utils

    make: Any = rich_utils._make_rich_text

    def make_folding(**given: Any) -> Any:
        text = make(**given)
        text.overflow = "fold"
        return text

    rich_utils._make_rich_text = make_folding
    try:
        yield
    finally:
        rich_utils._make_rich_text = make


class _Default(str):
    """Typer puts a default that is a text in parentheses, and all in brackets."""

    def format(self, *texts: object, **_: object) -> str:
        return super().format(str(texts[0]).removeprefix("(").removesuffix(")"))


class Command(TyperCommand):
    """A command whose help is drawn, and whose errors are one line."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_help(self, ctx)


class Group(TyperGroup):
    """A group of commands, likewise."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _print_help(self, ctx)


class Course(Group):
    """All commands, in the order of the course and in PANELS."""

    def list_commands(self, ctx: Any) -> list[str]:
        found = {
            name: panel
            for panel, names in PANELS.items()
            for name in names
            if name in self.commands
        }
        for name, panel in found.items():
            command: Any = self.commands[name]
            command.rich_help_panel = command.rich_help_panel or panel
        return [*found, *(name for name in self.commands if name not in found)]


class App(typer.Typer):
    """Commands with this help."""

    def command(self, name: str | None = None, **options: Any) -> Callable[[Function], Function]:
        return super().command(name, **{"cls": Command} | options)


def new_group(title: str) -> App:
    """A group of commands."""
    return App(cls=Group, help=title, no_args_is_help=True, rich_markup_mode=None)


def examples(*lines: str) -> str:
    """The end of a command's help: commands that work when pasted."""
    return "\n".join(["Examples", *lines])

"""What ``ptnotes`` alone shows: the first commands to type."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ptnotes.console.output import writing
from ptnotes.console.theme import STYLES
from ptnotes.language import translate

COMMANDS = (
    ("ptnotes linreg", "a line through three points: the training loop"),
    ("ptnotes mnist --sample --out runs/first", "a network learns to read digits, and is kept"),
    ("ptnotes runs show runs/first", "what it learnt, class by class"),
    ("ptnotes runs page runs/first", "page.html, in which it reads the digit that you draw"),
    ("ptnotes topics", "every lesson of the course"),
    ("ptnotes verify --quick", "what the notes say, checked"),
    ("ptnotes --help", "every command"),
)
WIDE = 100  # columns: in fewer, what a command does stands below it


def start_here() -> None:
    """Print it. Raises OutputError."""
    console = Console(highlight=False)
    grid = Table.grid(padding=(0, 2))
    for command, what in COMMANDS:
        typed, told = Text(command, style=STYLES["accent"]), Text(translate(what), style="dim")
        if console.width >= WIDE:
            grid.add_row("", typed, told)
        else:
            grid.add_row(Text("\n  ").join([typed, told]))
    with writing():
        title = translate(
            "the course 《PyTorch深度学习实践》 as a toolkit: every experiment one command"
        )
        console.print(Text.assemble(("ptnotes", STYLES["headline"]), f": {title}\n"))
        console.print(Text(translate("Start here:"), style="bold"))
        console.print(grid)

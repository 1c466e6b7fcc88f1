"""``doctor``: this machine, checked."""

from typing import Annotated

import typer

from ptnotes.cli import options
from ptnotes.cli.failures import say
from ptnotes.cli.help import examples
from ptnotes.cli.main import app, show


@app.command(epilog=examples("ptnotes doctor", "ptnotes doctor --network", "ptnotes doctor --json"))
def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also ask whether the data sets' mirrors answer.")
    ] = False,
    data_dir: options.DataDir = None,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Python, torch, devices, memory, terminal, data, disk: what is there, and the cure for what
    isn't; exit code 1 if a topic could not run.
    """
    from ptnotes import doctor as checks

    failed = show(checks.run(data_dir=data_dir, network=network), as_json, quiet)["failed"]
    if failed:
        say(f"topics can't run here: see {', '.join(failed)}")
        raise typer.Exit(1)

"""``ptnotes inspect``: from a run and an input to tables, numbers and a figure."""

from collections.abc import Iterator
from pathlib import Path

from ptnotes.engine.device import environment
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header, Result
from ptnotes.inspect.drawing import draw
from ptnotes.inspect.inputs import check_topic
from ptnotes.inspect.inspection import inspect
from ptnotes.inspect.tables import tables
from ptnotes.plots.figure import check_path, save
from ptnotes.predict.inference import CPU
from ptnotes.predict.network import build, epoch_of_weights, read_weights
from ptnotes.runs import schema


def run(
    *,
    run: Path,
    given: str | None,
    best: bool,
    maps: bool,
    plot: Path | None,
    theme: str,
    width: int,
) -> Iterator[Event]:
    """Yields the layers of a run's network as a table for ``width`` cells, and what it makes of the
    input ``given``; draws both to ``plot``. With ``maps`` the document holds every output in full.

    Raises DataError, UsageError.
    """
    if maps and given is None:
        raise UsageError("--maps writes what the layers make of an input: name one")
    if plot:
        check_path(plot, "--plot")
    document = schema.read(run)
    check_topic(document, str(run), given)
    weights = read_weights(run, best=best)
    try:
        network = build(document, weights)
    except DataError as error:
        raise DataError(f"{run}: {error}") from error
    config = document["config"]
    used = {
        "run": str(run),
        "trained": document["topic"],
        "weights": epoch_of_weights(document, best),
    }
    used |= {
        name: config[name] for name in ("arch", "cell", "via", "recipe", "data") if name in config
    }
    yield Header("inspect", used | {"input": given}, environment(CPU))
    found = inspect(document, network, given)
    yield from tables(found, width)
    if plot:
        save(draw(document, found, theme), plot)
    yield Result(found.result(maps=maps))

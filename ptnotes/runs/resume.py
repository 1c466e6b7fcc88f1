"""Which run a directory holds, and whether options fit it when it is resumed."""

import json
import os
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType
from typing import Any

from ptnotes.errors import DataError, PtnotesWarning, UsageError
from ptnotes.events import Event, Header
from ptnotes.runs import document, schema
from ptnotes.runs.checkpoint import load_checkpoint
from ptnotes.runs.directory import lock_run
from ptnotes.runs.older import completed

Checkpoint = dict[str, Any]
CONTENT: dict[str, Any] = {
    **{"format": int, "topic": str, "config": dict, "environment": dict, "training": dict},
    **{"date": str, "best": (dict, NoneType)},
}


@contextmanager
def open_run(out: Path, *, resume: bool, force: bool) -> Iterator[Checkpoint | None]:
    """Lock ``out``, then look: the checkpoint to resume from, or None where a run begins.

    Raises UsageError, DataError.
    """
    if resume and force:
        raise UsageError("--resume continues the run and --force replaces it: choose one")
    if os.path.exists(out) and not os.path.isdir(out):
        raise DataError(f"{out} is a file; --out takes a directory")
    with lock_run(out):
        yield None if force else _saved_in(out, resume)


def _saved_in(out: Path, resume: bool) -> Checkpoint | None:
    if not document.holds_run(out):
        for name in document.files_in(out):
            raise UsageError(f"{out} holds a {name} of no run: --force replaces it")
        return None
    if not resume:
        raise UsageError(f"{out} already holds a run: --resume continues it, --force replaces it")
    return _checkpoint_in(out)


def _checkpoint_in(out: Path) -> Checkpoint:
    path = out / document.CHECKPOINT
    checkpoint: Checkpoint = load_checkpoint(path)
    if not _is_checkpoint(checkpoint):
        raise DataError(f"{path} is not a checkpoint of this version of ptnotes")
    if checkpoint["format"] == 1 and "batch_size" in checkpoint["config"]:
        raise DataError(
            f"{path} is of ptnotes' first format, which cut batches by threads and can't be "
            "resumed to the same bits: show it, predict with it, or train again with --force"
        )
    if (out / document.DOCUMENT).exists() and not _same_run(checkpoint, document.read(out)):
        raise DataError(f"{path} is the checkpoint of another run than {document.DOCUMENT} is")
    return checkpoint


def _is_checkpoint(value: Any) -> bool:
    """Whether it has what a run's checkpoint has; what is in the tensors, the training finds."""
    if not isinstance(value, dict) or not all(
        isinstance(value.get(name, ...), kinds) for name, kinds in CONTENT.items()
    ):
        return False
    training = value["training"]
    try:
        described = {
            "config": value["config"],
            "environment": value["environment"],
            "history": [
                {name: cell for name, cell in row.items() if cell is not None}
                for row in training["rows"]
            ],
            "result": {},
            "run": {"date": value["date"], "wall_seconds": training["wall_seconds"]}
            | {"finished": False, "classes": []},
        }
        plain = json.loads(json.dumps(described))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return False
    return (
        value["format"] in document.READABLE
        and {"epoch", "scheduler"} <= training.keys()
        and isinstance(training["epoch"], int)
        and not any(schema.misfits(plain))
    )


def _same_run(checkpoint: Checkpoint, other: document.Document) -> bool:
    """Whether both are of one run; a kill can leave them at different epochs."""
    one, two = (
        {"topic": each["topic"]} | completed(each["topic"], each["config"]) | {"epochs": None}
        for each in (checkpoint, other)
    )
    return bool(one == two)


def check_resumable(given: Mapping[str, Any], topic: str, saved: Checkpoint, out: Path) -> None:
    """Raises UsageError if options contradict the saved run.

    Epochs may differ where the rate is constant, if the run hasn't gone beyond them.
    """
    config, training = completed(saved["topic"], saved["config"]), saved["training"]
    if saved.get("save_best"):
        warnings.warn(
            f"{out} was started by a version whose --save-best chose on the test set: best.pt "
            "stays as it is",
            PtnotesWarning,
            stacklevel=2,
        )
    differing = []
    if topic != saved["topic"]:
        differing.append(f"topic {saved['topic']}, not {topic}")
    for name in config.keys() & given.keys() if not differing else ():
        old, new = config[name], given[name]
        if name == "device" and new == "auto":
            continue
        if name == "epochs" and training["scheduler"] is None:
            if new < training["epoch"]:
                differing.append(f"epochs {training['epoch']}, which are done, not {new}")
        elif old != new:
            differing.append(f"{name.replace('_', ' ')} {old}, not {new}")
    if differing:
        raise UsageError(
            f"{out} holds another run: {'; '.join(sorted(differing))}. "
            "Leave those options out, or take another --out"
        )


def check_header(events: Iterable[Event], saved: Checkpoint, out: Path) -> Iterator[Event]:
    """Pass events on if the Header's configuration is the saved run's. Raises UsageError.

    What is computed from the data, such as its mean, differs for other data.
    """
    for event in events:
        if isinstance(event, Header):
            now = event.config | {"epochs": None}
            whole = completed(saved["topic"], saved["config"])
            newer = {name: value for name, value in whole.items() if name in now}
            then = newer | saved["config"] | {"epochs": None}
            if now != then:
                names = sorted(each for each in now | then if now.get(each) != then.get(each))
                what = "; ".join(f"{each} {then.get(each)}, not {now.get(each)}" for each in names)
                raise UsageError(f"{out} holds a run of other data, or of another version: {what}")
        yield event

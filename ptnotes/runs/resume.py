"""A topic run so that it lasts: saved in a directory, drawn, or gone on with."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ptnotes.datasets.paths import sample_directory
from ptnotes.errors import DataError, UsageError
from ptnotes.events import Event, Header
from ptnotes.runs import document as documents
from ptnotes.plots import curves as pictures
from ptnotes.runs.writer import record
from ptnotes.runs.checkpoint import unseal
from ptnotes.engine.state import State

Run = Callable[..., Iterable[Event]]
OWN_THREADS = "threads"  # not in a run's configuration, but in its environment


def kept(
    topic: str,
    run: Run,
    settings: Mapping[str, Any],
    *,
    out: Path | None = None,
    resume: bool = False,
    force: bool = False,
    save_best: bool = False,
    plot: Path | None = None,
    confusion: Path | None = None,
    given: frozenset[str] = frozenset(),
) -> Iterator[Event]:
    """Run ``topic`` with ``settings``, keep it in ``out``, draw it to ``plot`` and ``confusion``.

    With ``resume`` a run that ``out`` holds goes on: settings not named in ``given`` are then the
    run's own, and those that are must agree with it. Without a run there it begins one. ``force``
    replaces one. Raises UsageError, DataError, and whatever the topic does.
    """
    for path, option in ((plot, "--plot"), (confusion, "--confusion")):
        if path:
            pictures.check(path, option)
    saved = None
    if out is not None:
        saved = _opened(out, resume=resume, force=force)
    elif resume or force or save_best:
        raise UsageError("--resume, --force and --save-best want --out, the run's directory")
    if saved is None:
        events: Iterable[Event] = run(**settings)
    else:
        if settings["device"] == "auto":
            given -= {"device"}
        if topic != saved["topic"]:
            _refuse(out, [f"topic {saved['topic']}, not {topic}"])
        named = {name: settings[name] for name in saved["config"] if name in given}
        _refuse(out, contradictions(named, saved))
        chosen = merged(settings, saved, given)
        events = agreeing(run(**chosen, resume=saved["training"]), saved, out)
    if out is not None:
        events = record(events, out, saved=saved, save_best=save_best)
    yield from pictures.drawn(events, plot=plot, matrix=confusion)


def _opened(out: Path, *, resume: bool, force: bool) -> State | None:
    """The checkpoint to go on from, or None where a run begins. Raises UsageError, DataError."""
    if resume and force:
        raise UsageError("--resume goes on with the run and --force replaces it: choose one")
    if os.path.exists(out) and not os.path.isdir(out):
        raise DataError(f"{out} is a file; --out wants a directory")
    if force:
        return None
    if not documents.holds_run(out):
        for name in documents.files_in(out):
            raise UsageError(f"{out} holds a {name} of no run: --force replaces it")
        return None
    if not resume:
        raise UsageError(
            f"{out} already holds a run: --resume goes on with it, --force replaces it"
        )
    path = out / documents.CHECKPOINT
    checkpoint: State = unseal(path)
    wanted = {"topic", "config", "environment", "training", "date", "save_best", "best"}
    known = isinstance(checkpoint, dict) and checkpoint.get("format") == documents.FORMAT
    if not known or not wanted <= checkpoint.keys():
        raise DataError(f"{path} is not a checkpoint of this version of ptnotes")
    if (out / documents.DOCUMENT).exists() and not _belongs(checkpoint, documents.read(out)):
        raise DataError(f"{path} is the checkpoint of another run than {documents.DOCUMENT} is")
    return checkpoint


def _belongs(checkpoint: State, document: documents.Document) -> bool:
    """Whether both are of one run; a kill can leave them at different epochs."""
    one, other = (
        {"topic": each["topic"]} | each["config"] | {"epochs": None}
        for each in (checkpoint, document)
    )
    return bool(one == other)


def merged(settings: Mapping[str, Any], saved: State, given: frozenset[str]) -> dict[str, Any]:
    """The settings of the run that goes on: what isn't ``given`` is as it was."""
    config, environment = saved["config"], saved["environment"]
    chosen = {
        name: value if name in given else config.get(name, value)
        for name, value in settings.items()
    }
    if config["device"] == chosen["device"] == "cpu" and chosen[OWN_THREADS] is None:
        chosen[OWN_THREADS] = environment[OWN_THREADS]  # they decide how sums are rounded
    if chosen.get("data") == "sample":
        chosen["data_dir"] = sample_directory()
    return chosen


def agreeing(events: Iterable[Event], saved: State, out: Path | None) -> Iterator[Event]:
    """Pass events on if their Header agrees with the saved run. Raises UsageError."""
    for event in events:
        if isinstance(event, Header):
            _refuse(out, differences(event, saved))
        yield event


def _refuse(out: Path | None, differing: list[str]) -> None:
    if differing:
        raise UsageError(
            f"{out} holds another run: {'; '.join(differing)}. "
            "Leave those options out, or take another --out"
        )


def differences(header: Header, saved: State) -> list[str]:
    """What contradicts the saved run, as parts of a sentence; threads only where they count."""
    known = dict.fromkeys(saved["config"])  # None for what the run now doesn't have
    found = contradictions(known | header.config, saved)
    old, new = (each[OWN_THREADS] for each in (saved["environment"], header.environment))
    if header.config["device"] == "cpu" and old != new:
        found.append(f"threads {old}, not {new}")
    return found


def contradictions(settings: Mapping[str, Any], saved: State) -> list[str]:
    """The settings that aren't the saved run's, as parts of a sentence.

    Epochs may differ where the rate is constant, if the run hasn't gone beyond them.
    """
    config, training = saved["config"], saved["training"]
    found = []
    for name, new in settings.items():
        old = config.get(name)
        if name == "epochs" and training["scheduler"] is None:
            if new < training["epoch"]:
                found.append(f"epochs {training['epoch']}, which are done, not {new}")
        elif old != new:
            found.append(f"{name.replace('_', ' ')} {old}, not {new}")
    return found

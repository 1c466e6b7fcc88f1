"""run.json: a run's JSON document, and under "run" what only a saved run has. No torch here."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from ptnotes.errors import DataError
from ptnotes.files import read_file

Document = dict[str, Any]

FORMAT = 2  # of run.json and checkpoint.pt; 1 had no shards, and is still read
READABLE = (1, 2)

DOCUMENT, METRICS, MODEL, BEST = "run.json", "metrics.csv", "model.pt", "best.pt"
CHECKPOINT = "checkpoint.pt"
CURVE, CONFUSION, MISTAKES = "curve.png", "confusion.png", "mistakes.png"
FILES = (DOCUMENT, METRICS, MODEL, BEST, CHECKPOINT, CURVE, CONFUSION, MISTAKES)


def holds_run(directory: Path) -> bool:
    return any(name in (DOCUMENT, CHECKPOINT) for name in files_in(directory))


def files_in(directory: Path) -> list[str]:
    """Those of FILES that are there."""
    # os.path.exists takes a directory that can't be entered for an empty one; Path.exists raises
    return [name for name in FILES if os.path.exists(directory / name)]


def encode(document: Document) -> bytes:
    """The file's content; ``document["run"]`` gets the SHA-256 of the rest."""
    run = {name: value for name, value in document["run"].items() if name != "sha256"}
    whole = document | {"run": run | {"sha256": _digest(document | {"run": run})}}
    text = json.dumps(whole, ensure_ascii=False, allow_nan=False, indent=1)
    return (text + "\n").encode()


def read(directory: Path) -> Document:
    """A run's document, with a history, be it empty.

    Raises DataError if there is none, or if it isn't as it was written.
    """
    path = directory / DOCUMENT
    try:
        content = read_file(path)
    except OSError as error:
        what = os.strerror(error.errno or 0)
        raise DataError(f"{directory} holds no run: {path} can't be read: {what}") from error
    return decode(content, path)


def decode(content: bytes, path: Path) -> Document:
    """What ``encode`` made; ``path`` is what errors name. Raises DataError."""
    try:
        document: Document = json.loads(content)
        run = dict(document["run"])
        digest = run.pop("sha256")
        intact = digest == _digest(document | {"run": run})
        parts = [document[name] for name in ("config", "environment", "result")]
        complete = isinstance(document["topic"], str) and all(isinstance(p, dict) for p in parts)
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(f"{path} is damaged, or was not written by ptnotes") from error
    if not (intact and complete):
        raise DataError(f"{path} is damaged: its checksum is wrong")
    if run.get("format") not in READABLE:
        raise DataError(f"{path} was written by another version of ptnotes")
    return {"history": []} | document


def _digest(document: Document) -> str:
    text = json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def metrics_csv(history: list[dict[str, Any]]) -> bytes:
    """CSV: a line per row, columns in the order of the first row that has them."""
    import pandas as pd

    # as objects: a column in which a row has no value keeps its integers
    text: str = pd.DataFrame(history, dtype=object).to_csv(index=False, lineterminator="\n")
    return text.encode()

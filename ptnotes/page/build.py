"""One HTML file of saved runs: what they came to, and their networks, which run in the page.

It loads nothing: its Content-Security-Policy allows no request, and no script or style but its own.
"""

import base64
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from ptnotes import __version__
from ptnotes.engine.runtime import light_environment
from ptnotes.events import Event, Header, Result
from ptnotes.files import atomic_write, check_writable, read_file
from ptnotes.language import catalogue
from ptnotes.page.graph import Graph, trace
from ptnotes.predict import network
from ptnotes.predict.images import preparation
from ptnotes.quantities import written
from ptnotes.runs import document as documents

LOSSES = ("train_loss", "val_loss", "test_loss")
CURVES = ("epoch", *LOSSES, "train_accuracy", "val_accuracy", "test_accuracy")
MAX_POINTS = 300  # of a history
MAX_CLASSES = 40  # of a confusion matrix
SCRIPTS = (
    *("words.js", "network.js", "drawing.js", "reader.js"),
    *("inputs.js", "results.js", "page.js"),
)
TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="generator" content="ptnotes {version}">
<title>ptnotes</title>
<style>{style}</style>
<header>
<h1>ptnotes</h1>
<p id="lead"></p>
<button type="button" id="language"></button>
</header>
<main id="page"></main>
<script type="application/json" id="runs">{runs}</script>
<script>{script}</script>
</html>
"""


def run(*, runs: Sequence[Path], out: Path, best: bool) -> Iterator[Event]:
    """Write the page of the runs to ``out``.

    Raises UsageError for a run of a topic that takes no input, DataError for one that can't be
    read and for a file that can't be written, InternalError for a network that a page can't run.
    """
    check_writable(out)
    yield Header("page", {"runs": list(map(str, runs)), "out": str(out)}, light_environment())
    content = page([describe(each, best=best) for each in runs]).encode()
    atomic_write(out, lambda temporary: temporary.write_bytes(content))
    yield Result({"page": str(out), "bytes": len(content)})


def page(described: Sequence[dict[str, Any]]) -> str:
    """The HTML of runs as ``describe`` gives them."""
    parts = files("ptnotes.page")
    script = "\n".join(parts.joinpath(name).read_text(encoding="utf-8") for name in SCRIPTS)
    style = parts.joinpath("page.css").read_text(encoding="utf-8")
    policy = "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
            f"script-src '{_hash(script)}'",
            f"style-src '{_hash(style)}'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )
    return TEMPLATE.format(
        policy=policy,
        version=__version__,
        style=style,
        runs=_as_script(list(described)),
        script=script,
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256-{digest}"


def _as_script(value: Any) -> str:
    """JSON that no content can end: neither a tag nor a comment begins in it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def describe(run: Path, *, best: bool = False) -> dict[str, Any]:
    """A saved run with its network, as plain values. Raises as ``run`` does."""
    document, model = network.load(run, best=best)
    topic, config, result = document["topic"], document["config"], document["result"]
    graph = trace(model)
    # one probability is of two classes
    network.check_classes(document["run"]["classes"], max(2, graph.width))
    kind = [str(config[name]) for name in ("arch", "recipe", "data") if name in config]
    found: dict[str, Any] = {
        "title": " · ".join([topic, *kind]),
        "path": str(run),
        "topic": topic,
        "classes": document["run"]["classes"],
        "config": {name: _plain(value) for name, value in config.items()},
        "facts": (facts := _facts(document)),
        "words": _words([*(name for name, _ in facts), *config]),
        "history": _thinned(document["history"]),
        "graph": encode(graph),
    }
    if topic == "mnist":
        frame, mean, std = preparation(config)
        found["frame"] = {"box": frame.box, "byMass": frame.by_mass, "mean": mean, "std": std}
    if len(found["classes"]) <= MAX_CLASSES and "confusion" in result:
        found["confusion"] = result["confusion"]
    if (mistakes := run / documents.MISTAKES).is_file():
        encoded = base64.b64encode(read_file(mistakes)).decode()
        found["mistakes"] = f"data:image/png;base64,{encoded}"
    return found


def _words(names: Sequence[str]) -> dict[str, str]:
    """The Chinese of those names of numbers and settings that have one."""
    known = catalogue()
    spoken = (name.replace("_", " ") for name in names)
    return {name: known[name] for name in spoken if name in known}


def encode(graph: Graph) -> dict[str, Any]:
    """A network's operations and, in base64, its weights."""
    weights = graph.flat_weights().numpy().astype("<f4").tobytes()
    return {
        "inputs": graph.inputs,
        "operations": graph.operations,
        "weights": base64.b64encode(weights).decode(),
    }


def _plain(value: Any) -> Any:
    """What JSON holds; what it doesn't, as text."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _facts(document: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of the result, the date and the versions."""
    found = {
        name.replace("_", " "): written(name, value)
        for name, value in document["result"].items()
        if isinstance(value, str | int | float)
    }
    found["date"] = document["run"]["date"][:16].replace("T", " ")
    for name in ("torch", "device_name"):
        if name in document["environment"]:
            found[name.replace("_", " ")] = str(document["environment"][name])
    return list(found.items())


def _thinned(history: list[dict[str, Any]]) -> list[dict[str, float]]:
    """At most MAX_POINTS rows, the last among them; only finite numbers."""
    step = max(1, -(-len(history) // MAX_POINTS))
    rows = [row for index, row in enumerate(history) if (len(history) - 1 - index) % step == 0]
    return [
        {
            name: value
            for name, value in row.items()
            if name in CURVES and isinstance(value, int | float) and math.isfinite(value)
        }
        for row in rows
    ]

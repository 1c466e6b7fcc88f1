"""What trained networks are as pages and as ONNX models, and how well the page reads handwriting.

    PTNOTES_DATA=DIR python -m tests.benchmarks.saved_runs pages|export|handwriting

Networks of one epoch of the notes' recipe; handwriting: of the tuned cnn. Pages in Chromium.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from playwright.sync_api import Browser

import ptnotes
from ptnotes.models.mnist import MODELS
from ptnotes.page import build
from ptnotes.run import Run
from tests.benchmarks.report import Row, add_json, report
from tests.page.pages import chromium, read, value
from tests.page.strokes import DIGITS, MANNERS, drawn

OPENINGS, PREDICTIONS = 20, 50
INPUTS = {
    "mnist": [torch.zeros(1, 28, 28)],
    "names": [torch.full((8,), 97), torch.full((8,), 97)],
    "diabetes": [torch.zeros(8)],
}
PREDICT = """(inputs) => { const start = performance.now();
    readers[0].network.run(...inputs.map(({ shape, data }) =>
        ({ shape, data: Float32Array.from(data) })));
    return performance.now() - start }"""


def networks() -> Iterator[tuple[str, Run]]:
    for arch in MODELS:
        yield arch, ptnotes.train("mnist", arch=arch, epochs=1, quiet=True)
    for topic in ("names", "diabetes"):
        yield topic, ptnotes.train(topic, epochs=1, quiet=True)


def written(run: Run, directory: Path) -> Path:
    """The page of the run, in a file."""
    run.save(directory / "run", force=True)
    path = directory / "page.html"
    path.write_text(build.page([build.describe(directory / "run")]), encoding="utf-8")
    return path


def pages(directory: Path) -> list[Row]:
    rows: list[Row] = []
    with chromium() as browser:
        for name, run in networks():
            path = written(run, directory)
            inputs = [value(each) for each in INPUTS[run.topic]]
            first = [_opening(browser, path, inputs) for _ in range(OPENINGS)]
            with browser.new_page() as tab:
                tab.goto(path.as_uri())
                for _ in range(5):
                    tab.evaluate(PREDICT, inputs)
                times = [tab.evaluate(PREDICT, inputs) for _ in range(PREDICTIONS)]
            size: list[float] = [path.stat().st_size / 1000]
            row: Row = {"page of a run": name, "kB": size}
            rows.append(row | {"opening to a prediction, ms": first, "a prediction, ms": times})
    return rows


def _opening(browser: Browser, path: Path, inputs: list[dict[str, Any]]) -> float:
    with browser.new_page() as tab:
        start = time.perf_counter()
        tab.goto(path.as_uri())
        tab.evaluate(PREDICT, inputs)
        return (time.perf_counter() - start) * 1e3


def export(directory: Path) -> list[Row]:
    rows: list[Row] = []
    for name, run in networks():
        done = run.export(directory / "run.onnx", data_dir=os.environ["PTNOTES_DATA"])
        rows.append(
            {
                "run": name,
                "ONNX, bytes": [done["bytes"]],
                "inputs": str(done["checked_inputs"]),
                "largest difference": f"{done['largest_difference']:.1e}",
            }
        )
    return rows


def handwriting(directory: Path) -> list[Row]:
    run = ptnotes.train("mnist", arch="cnn", recipe="tuned", quiet=True)
    row: Row = {"test accuracy": f"{run.result['test_accuracy']:.2%}"}
    with chromium() as browser, browser.new_page() as tab:
        tab.goto(written(run, directory).as_uri())
        box = tab.query_selector("#pad").bounding_box()  # type: ignore[union-attr]
        for manner in MANNERS:
            right = 0
            for digit, hands in DIGITS.items():
                for hand in range(len(hands)):
                    right += read(tab, drawn(digit, hand, manner), box) == str(digit)
            row[manner] = f"{right} of {sum(map(len, DIGITS.values()))}"
    return [row]


MEASURES: dict[str, Callable[[Path], list[Row]]] = {
    "pages": pages,
    "export": export,
    "handwriting": handwriting,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=MEASURES)
    add_json(parser)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        report(MEASURES[arguments.what](Path(directory)), arguments.json)


if __name__ == "__main__":
    main()

"""Keeps what an experiment or a benchmark found in docs/measured/, for the tables of the pages.

ptnotes reproduce notes.toml --json > /tmp/notes.json
python docs/measured.py notes /tmp/notes.json --machine "two x86-64 cores, AVX-512"
PTNOTES_DATA=DIR python -m tests.benchmarks.shards --json /tmp/shards.json
python docs/measured.py shards /tmp/shards.json --machine "two x86-64 cores, AVX-512"
python docs/generate.py
"""

import argparse
import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

from ptnotes.language import language, set_language
from ptnotes.reproduce.forms import read, readable
from ptnotes.reproduce.tables import named

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.benchmarks import report

MEASURED = Path(__file__).parent / "measured"
VERSIONS = ("python", "torch", "torchvision", "numpy")
BLOCK = re.compile(r"(<!-- measured: (\w+)(?: (\w+))? -->\n).*?(<!-- end -->)", re.DOTALL)
STEP = {"en": "change from the row above", "zh": "在上一行基础上的改动"}
MACHINES = {  # their Chinese
    "two x86-64 cores, AVX-512": "两个 x86-64 核（AVX-512）",
    "two x86-64 cores (AMD EPYC, AVX-512)": "两个 x86-64 核（AMD EPYC，AVX-512）",
}


def kept(document: dict[str, Any], machine: str) -> dict[str, Any]:
    """The figures and what they depend on, without paths and times."""
    versions = {name: document["environment"][name].split("+")[0] for name in VERSIONS}
    origin = {
        "command": document.get("command") or _experiment(document["config"]),
        "date": datetime.date.today().isoformat(),
        "machine": machine,
        "versions": versions,
    }
    if "rows" in document:
        return origin | {"rows": document["rows"]}
    return origin | {"cells": document["result"]["cells"]}


def _experiment(config: dict[str, Any]) -> str:
    seeds = f" --seeds {config['seeds_per_run']}" if "seeds_per_run" in config else ""
    data = " --sample" if config.get("data") == "sample" else ""
    return f"ptnotes reproduce {config['file']}{seeds}{data}"


def filled(page: str, spoken: str = "en") -> str:
    """A page with the tables of measured/NAME.json between ``<!-- measured: NAME -->`` and end.

    ``<!-- measured: NAME PREFIX -->`` takes the runs whose names begin so; of ``steps`` a row says
    what is other than in the row above.
    """
    before = language()
    set_language(spoken)
    try:
        return BLOCK.sub(lambda found: found[1] + _block(found[2], found[3]) + found[4], page)
    finally:
        set_language(before)


def _block(name: str, prefix: str | None) -> str:
    measured = json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))
    versions = " ".join(f"{name} {version}" for name, version in measured["versions"].items())
    machine = measured["machine"]
    if language() == "zh":
        machine = MACHINES.get(machine, machine)
    source = f"`{measured['command']}`, {measured['date']}, {machine}, {versions}"
    if "rows" in measured:
        source += f"; {heading}" if (heading := report.heading(measured["rows"])) else ""
        table = _markdown(report.texts(measured["rows"]))
    elif prefix and name == "steps":
        table = _steps(measured["cells"], prefix)
    else:
        begin = f"{prefix}-" if prefix else ""
        cells = [cell for cell in measured["cells"] if cell["run"].startswith(begin)]
        table = _markdown(readable(cells).to_dict("records"))
    return f"{source}:\n\n{table}\n"


def _steps(cells: list[dict[str, Any]], prefix: str) -> str:
    """A row per run, a column per measure; in the first all options, then those that change."""
    rows: dict[str, dict[str, str]] = {}
    counts: dict[str, str] = {}
    before: dict[str, Any] = {}
    for cell in (read(cell) for cell in cells if cell["run"].split("-")[0] == prefix):
        if cell.run not in rows:
            changed = {k: v for k, v in cell.options.items() if before.get(k) != v}
            options = " ".join(_option(*each) for each in changed.items())
            change = f"+ `{options}`" if before else f"`ptnotes {cell.topic} {options}`"
            rows[cell.run] = {STEP[language()]: change}
            before = cell.options
        rows[cell.run][named(cell.measure)] = cell.figure()
        counts[cell.run] = cell.count()
    return _markdown([row | {"n": counts[run]} for run, row in rows.items()])


def _markdown(rows: list[dict[str, str]]) -> str:
    """Not padded: how wide Chinese is depends on what is installed."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, ["---", *["--:"] * (len(names) - 1)]]
    lines += [[row.get(name, "") for name in names] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _option(name: str, value: object) -> str:
    option = name.replace("_", "-")
    if isinstance(value, bool):
        return f"--{option}" if value else f"--no-{option}"
    return f"--{option} {value}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("document", type=Path)
    parser.add_argument("--machine", required=True)
    given = parser.parse_args()
    found = kept(json.loads(given.document.read_text(encoding="utf-8")), given.machine)
    MEASURED.mkdir(exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (MEASURED / f"{given.name}.json").write_text(text, encoding="utf-8")

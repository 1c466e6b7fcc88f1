"""Keeps what an experiment's document says in docs/measured/, for the tables of the pages.

ptnotes reproduce notes.toml --json > /tmp/notes.json
python docs/measured.py notes /tmp/notes.json --machine "two x86-64 cores, AVX-512"
python docs/generate.py
"""

import argparse
import datetime
import json
import re
from pathlib import Path
from typing import Any

from ptnotes.reproduce.forms import as_markdown

MEASURED = Path(__file__).parent / "measured"
VERSIONS = ("python", "torch", "torchvision", "numpy")
BLOCK = re.compile(r"(<!-- measured: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def kept(document: dict[str, Any], machine: str) -> dict[str, Any]:
    """The figures and what they depend on, without paths and times."""
    versions = {name: document["environment"][name].split("+")[0] for name in VERSIONS}
    return {
        "command": f"ptnotes reproduce {document['config']['file']}",
        "date": datetime.date.today().isoformat(),
        "machine": machine,
        "versions": versions,
        "cells": document["result"]["cells"],
    }


def filled(page: str) -> str:
    """A page whose blocks ``<!-- measured: NAME -->`` hold the tables of measured/NAME.json."""
    return BLOCK.sub(lambda found: found[1] + _block(found[2]) + found[3], page)


def _block(name: str) -> str:
    measured = json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8"))
    versions = " ".join(f"{name} {version}" for name, version in measured["versions"].items())
    source = f"`{measured['command']}`, {measured['date']}, {measured['machine']}, {versions}:"
    return f"{source}\n\n{as_markdown(measured['cells'])}\n"


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

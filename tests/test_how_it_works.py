"""What docs/how-it-works.md says on adding to ptnotes, done as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-it-works.md"
pytestmark = [
    pytest.mark.docs,
    pytest.mark.slow,
    pytest.mark.skipif(not PAGE.exists(), reason="needs the checkout"),
]
EDIT = re.compile(
    r"```python\n# (?P<file>\S+), (?:at the end|in the place of: (?P<old>[^\n]+))\n(?P<new>.*?)```",
    re.DOTALL,
)


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A copy of the package with every edit of the page."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "ptnotes", place / "ptnotes", ignore=shutil.ignore_patterns("__pycache__")
    )
    (place / "data").symlink_to(ROOT / "data")
    edits = list(EDIT.finditer(PAGE.read_text(encoding="utf-8")))
    assert len(edits) == 4
    for edit in edits:
        path = place / edit["file"]
        text = path.read_text(encoding="utf-8")
        if edit["old"]:
            assert text.count(edit["old"]) == 1
            text = text.replace(edit["old"], edit["new"].strip())
        else:
            text += "\n\n" + edit["new"]
        path.write_text(text, encoding="utf-8")
    return place


def ptnotes(place, *arguments):
    done = subprocess.run(
        [sys.executable, "-m", "ptnotes", *arguments, "--json"],
        env=os.environ | {"PYTHONPATH": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("recipe", ["notes", "tuned"])
def test_architecture(edited, recipe):
    run = f"runs/{recipe}"
    kept = ["--sample", "--recipe", recipe, "--epochs", "2", "--out", run]
    found = ptnotes(edited, "mnist", "--arch", "logistic", *kept)
    assert found["result"]["parameters"] == 7850
    first, last = found["history"]
    assert last["train_loss"] < first["train_loss"]
    assert len(ptnotes(edited, "inspect", run)["result"]["layers"]) > 0


def test_claim(edited):
    (found,) = ptnotes(edited, "verify", "--only", "softmax-is-shift-invariant")["result"]["claims"]
    assert found["verdict"] == "holds"


def test_python_of_the_page(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(import .*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for block in blocks:
        exec(compile(block, PAGE.name, "exec"), {})
    assert capsys.readouterr().out.split()[0] == "Header"

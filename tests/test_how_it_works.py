"""What docs/how-it-works.md says on adding to ptnotes, done as it stands there."""

import contextlib
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
    r"```(?:python|toml)\n# (?P<file>\S+), "
    r"(?:(?P<how>at the end|a new file)|in the place of: (?P<old>[^\n]+))\n(?P<new>.*?)```",
    re.DOTALL,
)
MAKES = re.compile(r"```python\n(import hashlib.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """A copy of the package with every edit of the page."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        ROOT / "ptnotes", place / "ptnotes", ignore=shutil.ignore_patterns("__pycache__")
    )
    (place / "data").symlink_to(ROOT / "data")
    page = PAGE.read_text(encoding="utf-8")
    edits = list(EDIT.finditer(page))
    assert len(edits) == 14
    for edit in edits:
        path, new = place / edit["file"], edit["new"]
        if edit["how"] == "a new file":
            assert not path.exists()
            text = new
        elif edit["how"]:
            text = f"{path.read_text(encoding='utf-8')}\n\n{new}"
        else:
            text = path.read_text(encoding="utf-8")
            assert text.count(edit["old"]) == 1, edit["old"]
            text = text.replace(edit["old"], new.strip())
        path.write_text(text, encoding="utf-8")
    (place / "points").mkdir()
    with contextlib.chdir(place / "points"):
        exec(MAKES.search(page)[1], {})
    return place


def run(place, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "ptnotes", *arguments],
        env=os.environ | {"PYTHONPATH": str(place)},
        cwd=place,
        capture_output=True,
        text=True,
    )


def ptnotes(place, *arguments):
    done = run(place, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("recipe", ["notes", "tuned"])
def test_architecture(edited, recipe):
    out = f"runs/{recipe}"
    kept = ["--sample", "--recipe", recipe, "--epochs", "2", "--out", out]
    found = ptnotes(edited, "mnist", "--arch", "softmax", *kept)
    assert found["result"]["parameters"] == 7850
    first, last = found["history"]
    assert last["train_loss"] < first["train_loss"]
    assert len(ptnotes(edited, "inspect", out)["result"]["layers"]) > 0


def test_claim(edited):
    (found,) = ptnotes(edited, "verify", "--only", "softmax-is-shift-invariant")["result"]["claims"]
    assert found["verdict"] == "holds"


def test_data_set(edited):
    """It is right, a changed one is not; the reader names the file that it can't read."""

    def state(directory):
        files = ptnotes(edited, "data", "list", "--data-dir", directory)["result"]["files"]
        (row,) = [row for row in files if row["data_set"] == "circles"]
        return row["state"]

    assert state("points") == "right"
    broken = edited / "broken"
    broken.mkdir()
    (broken / "circles.csv").write_text("0,0\n")
    assert state("broken") == "wrong"
    done = run(edited, "circles", "--data-dir", "broken")
    assert done.returncode == 1
    assert "circles.csv" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("recipe", ["notes", "tuned"])
def test_lesson(edited, recipe):
    """Trained and kept, reproduced to the bit, one of the course."""
    options = ["circles", "--recipe", recipe, "--data-dir", "points"]
    whole = f"runs/circles-{recipe}"
    found = ptnotes(edited, *options, "--out", whole, "--plot", f"{recipe}.png")
    first, *_, last = found["history"]
    assert last["train_loss"] < first["train_loss"]
    assert found["result"]["train_accuracy"] > 0.9  # 0.69 is the larger class
    assert list(found["data_files"]) == ["circles.csv"]
    assert (edited / f"{recipe}.png").stat().st_size > 1000
    again = ptnotes(edited, "reproduce", whole, "--data-dir", "points")
    assert again["result"]["reproduced"]
    lessons = ptnotes(edited, "topics")["result"]["lessons"]
    (lesson,) = [lesson for lesson in lessons if lesson["topic"] == "circles"]
    assert lesson["commands"][0]["done"]

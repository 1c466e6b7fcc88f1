"""The commands in a process that lacks what Windows and macOS lack (see as_windows.py)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ptnotes.datasets import mnist
from ptnotes.datasets.paths import sample_directory

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="takes Linux apart"),
]

# Arguments, exit code, standard input.
COMMANDS = [
    ("data list", 0, ""),
    ("data verify --sample", 0, ""),
    ("mnist --sample --arch mlp --epochs 1 --out r --plot c.png --confusion x.svg", 0, ""),
    ("mnist --sample --arch mlp --epochs 2 --out r --resume", 0, ""),
    ("mnist --sample --arch mlp --epochs 1 --out r", 2, ""),
    ("mnist --sample --arch mlp --epochs 1 --out r --force", 0, ""),
    ("names --sample --epochs 1 --out n", 0, ""),
    ("linreg --epochs 3 --out con", 1, ""),
    ("linreg --epochs 3 --plot a:b.png", 1, ""),
    ("linreg --epochs 3 --out c.png", 1, ""),
    ("linreg --epochs 3 --plot images", 2, ""),
    ("predict r images/0.png --show", 0, ""),
    ("predict r images", 0, ""),
    ("predict n -", 0, "李\nMüller\n"),
    ("runs list", 0, ""),
    ("runs list --format csv", 0, ""),
    ("runs show r", 0, ""),
    ("runs compare r n --plot both.png", 0, ""),
    ("stats images --workers 2 --histogram h.png", 0, ""),
    ("stats images --workers 2 --shard 1/2 --out 1.json", 0, ""),
    ("stats images --shard 2/2 --out 2.json", 0, ""),
    ("stats --merge 1.json 2.json", 0, ""),
    ("stats mnist --sample", 0, ""),
    ("stats -", 0, "images/0.png\n"),
    ("backward --epochs 3", 0, ""),
    ("losses", 0, ""),
    ("verify --quick", 0, ""),
]


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    """Exit codes, and the bytes on stdout and stderr."""
    directory = tmp_path_factory.mktemp("here")
    images, _ = mnist.read_arrays(sample_directory(), "t10k")
    (directory / "images").mkdir()
    for index, image in enumerate(np.resize(images, (130, 28, 28))):
        Image.fromarray(image).save(directory / f"images/{index}.png")
    commands = json.dumps([[line.split(), given] for line, _, given in COMMANDS])
    python = [sys.executable, "-X", "warn_default_encoding", "-m", "tests.platforms.as_windows"]
    environment = os.environ | {
        "PYTHONIOENCODING": "cp936",
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }
    process = subprocess.run(
        [*python, commands, "codes.json"], capture_output=True, cwd=directory, env=environment
    )
    assert process.returncode == 0, process.stderr.decode("cp936")
    codes = json.loads((directory / "codes.json").read_text(encoding="utf-8"))
    return codes, process.stdout, process.stderr.decode("cp936"), directory


def test_every_command_ends_as_it_should(done):
    codes, _, errors, _ = done
    wrong = [
        f"{line}: {code}" for code, (line, expected, _) in zip(codes, COMMANDS, strict=True)
        if code != expected
    ]  # fmt: skip
    assert wrong == [], errors


REFUSED = """
import os, shutil, tests.platforms.as_windows
os.mkdir("d")
def refused(error, function, *arguments):
    try:
        function(*arguments)
    except error:
        return
    raise SystemExit(f"{function.__name__} was allowed")
with open("d/file", "w") as file:
    refused(PermissionError, os.replace, "d/file", "other")
    refused(PermissionError, os.replace, "d", "e")
    refused(PermissionError, os.unlink, "d/file")
    refused(PermissionError, shutil.rmtree, "d")
with open("d/file") as file:
    refused(OSError, os.fsync, file.fileno())
open("other", "w").close()
refused(FileExistsError, os.rename, "other", "d/file")
os.replace("other", "d/file")
refused(PermissionError, open, "d")
refused(OSError, os.mkdir, "2026-01-01T12:00")
refused(OSError, open, "NUL.txt", "w")
refused(FileNotFoundError, open, "/proc/cpuinfo")
refused(ImportError, __import__, "fcntl")
shutil.rmtree("d")
"""


def test_the_test_notices(tmp_path):
    python = [sys.executable, "-c", REFUSED]
    subprocess.run(python, cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True)


def test_help_in_an_encoding_that_lacks_an_arrow():
    """A Western Windows', where help is piped or redirected."""
    command = [sys.executable, "-m", "ptnotes", "--help"]
    environment = os.environ | {"PYTHONIOENCODING": "cp1252"}
    assert subprocess.run(command, env=environment, capture_output=True).returncode == 0


def test_failures_are_lines(done):
    _, _, errors, _ = done
    assert "Traceback" not in errors
    assert "bug of ptnotes" not in errors
    assert "Warning" not in errors


def test_lines_end_once(done):
    _, output, _, _ = done
    assert b"\r\r\n" not in output


def test_nothing_temporary_is_left(done):
    *_, directory = done
    hidden = [path.name for path in directory.rglob(".*") if path.name != ".lock"]
    assert hidden == []
    assert not (directory / "con").exists()

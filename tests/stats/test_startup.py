"""What the command imports: nothing heavy for files, folders, archives and MNIST."""

import subprocess
import sys
import zipfile

import numpy as np
import pytest

HEAVY = {"torch", "torchvision", "pandas", "matplotlib"}
CODE = """
import sys
from ptnotes.cli import app
for arguments in {commands!r}:
    try:
        app(["stats", *arguments, "--quiet"])
    except SystemExit as stop:
        assert not stop.code, arguments
print(*sorted(sys.modules))
"""


def imported(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_nothing_heavy_for_files_folders_archives_and_mnist(folder, small_data, tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((5, 9, 9), np.uint8))
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(folder / "0.png", "0.png")
    (tmp_path / "list.txt").write_text(f"{folder / '0.png'}\n")
    commands = [
        ["mnist", "--data-dir", str(small_data)],
        *([str(tmp_path / name)] for name in ("x.npy", "x.zip", "list.txt")),
        [str(folder / "0.png")],
        [str(folder), "--weight", "image"],
        [str(folder), "--shard", "1/1", "--out", str(tmp_path / "part.json")],
        ["--merge", str(tmp_path / "part.json")],
    ]
    modules = imported(CODE.format(commands=commands))
    assert "ptnotes.stats.command" in modules
    assert modules & (HEAVY | {"multiprocessing", "concurrent"}) == set()


@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_heavy_from_python_nor_in_workers(folder, workers):
    code = f"""
import sys
import ptnotes.stats
from PIL import Image
from ptnotes.stats import pipeline

pipeline.CHUNK = 2
assert ptnotes.stats.channel_stats({str(folder)!r}, workers={workers}).images == 12
ptnotes.stats.channel_stats([Image.new("L", (2, 2))])
print(*sorted(sys.modules))
"""
    assert imported(code) & HEAVY == set()

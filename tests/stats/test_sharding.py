"""Shards: together exactly the whole, and nothing that doesn't belong together."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from tests.stats.conftest import noise
from tests.stats.test_command import core
from tests.test_cli import failure


@pytest.fixture
def shards(cli, tmp_path):
    """``shards(SOURCE, 3, …)`` → the paths of its three part files."""

    def write(source, count, *options):
        paths = [tmp_path / f"part{index}.json" for index in range(1, count + 1)]
        for index, path in enumerate(paths, start=1):
            done = cli("stats", source, "--shard", f"{index}/{count}", "--out", path, *options)
            assert done.exit_code == 0, done.stderr
        return paths

    return write


@pytest.mark.parametrize(
    "options",
    [[], ["--weight", "image"], ["--limit", "9", "--seed", "1"], ["--grayscale", "--resize", "6"]],
)
def test_parts_make_the_whole(result, shards, folder, options):
    parts = shards(folder, 3, *options)
    assert core(result("--merge", *reversed(parts))) == core(result(folder, *options))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_parts_of_an_array(result, shards, tmp_path, dtype):
    np.save(tmp_path / "x.npy", (noise(0, 23, 3, 8, 5) / 256).astype(dtype) if dtype == "float32"
            else noise(0, 23, 3, 8, 5).astype(dtype))  # fmt: skip
    parts = shards(tmp_path / "x.npy", 4)
    whole = result(tmp_path / "x.npy", "--sample-std")
    assert core(result("--merge", *parts, "--sample-std")) == core(whole)


def test_skipped_images_are_added_up(result, shards, folder):
    for index in range(6):
        (folder / f"broken{index}.png").write_text("")
    whole = result(folder, "--skip-errors")
    assert core(result("--merge", *shards(folder, 2, "--skip-errors"))) == core(whole)
    assert whole["skipped"] == 6


def test_a_shard_may_be_empty(cli, result, shards, tmp_path):
    np.save(tmp_path / "x.npy", noise(0, 2, 1, 5, 5))
    parts = shards(tmp_path / "x.npy", 3)
    assert core(result("--merge", *parts)) == core(result(tmp_path / "x.npy"))
    document = json.loads(cli("stats", tmp_path / "x.npy", "--shard", "3/3", "--out",
                              tmp_path / "p.json", "--json").stdout)  # fmt: skip
    assert document["result"] == {"images": 0}


def test_overlap_and_gap(cli, shards, folder):
    first, second, third = shards(folder, 3)
    assert "overlap" in failure(cli("stats", "--merge", first, second, third, first))
    assert "part 2 of 3 is missing" in failure(cli("stats", "--merge", first, third))


def test_other_options_other_data_other_count(cli, shards, folder, tmp_path):
    first, _ = shards(folder, 2)
    kept = tmp_path / "kept.json"
    first.rename(kept)
    second = shards(folder, 2, "--rgb")[1]
    line = failure(cli("stats", "--merge", kept, second))
    assert "different options: rgb is False in one and True in the other" in line
    third = shards(folder, 3)[1]
    assert "one of 2 parts" in failure(cli("stats", "--merge", kept, third))
    next(folder.rglob("*.webp")).unlink()
    second = shards(folder, 2)[1]
    assert "12 images, the other 11" in failure(cli("stats", "--merge", kept, second))


def test_parts_of_different_kinds(cli, shards, tmp_path):
    for name in ("x", "y"):
        (tmp_path / name).mkdir()
    np.save(tmp_path / "x" / "a.npy", noise(0, 6, 5, 5))
    np.save(tmp_path / "y" / "a.npy", noise(0, 6, 3, 5, 5))
    first = shards(tmp_path / "x" / "a.npy", 2)[0].rename(tmp_path / "kept.json")
    second = shards(tmp_path / "y" / "a.npy", 2)[1]
    assert "different data" in failure(cli("stats", "--merge", first, second))


@pytest.mark.parametrize("damage", ["text", "list", "other", "keys", "half", "numbers"])
def test_file_that_is_no_part(cli, shards, folder, damage):
    part = shards(folder, 1)[0]
    document = json.loads(part.read_text())
    if damage == "keys":
        del document["listing"]
    if damage == "numbers":
        document["stats"][0]["values"]["counts"] = ["many"]
    text = json.dumps(document)
    text = {"text": "hello", "list": "[]", "other": "{}", "half": text[:900]}.get(damage, text)
    part.write_text(text)
    line = failure(cli("stats", "--merge", part))
    assert "part.json" in line or "part1.json" in line


def test_part_files_of_version_0_1_0(result, tmp_path):
    options = {"split": None, "glob": None, "weight": "image", "alpha": "drop", "rgb": False}
    options |= {"grayscale": False, "resize": None, "center_crop": None, "limit": None}
    options |= {"seed": None, "skip_errors": True}
    unit = 2**256
    sums = [unit, unit // 2, unit // 4, unit**2, unit**2 // 2, unit**2 // 4]
    sums += [unit**2 // 4, unit**2 // 8, unit**2 // 16]
    floats = {"totals": ["1/2"], "squares": ["1/4"], "low": [0.5], "high": [0.5]}
    for index, broken in ((1, []), (2, [["x.png", "not an image that Pillow knows"]])):
        document = {
            "ptnotes_stats_part": 1,
            "options": options,
            "listing": {"count": 3, "names": 7},
            "shard": {"index": index, "count": 2},
            "stats": [
                {
                    "examples": [f"{index}.tif"],
                    "images": 1,
                    "pixels": 1,
                    "sizes": [[1, 1, 1]],
                    "values": floats | {"zeros": [0], "fulls": [index]},
                    "per_image": {"weight": "image", "sums": [list(map(str, sums))]},
                }
            ],
            "broken": broken,
            "broken_count": len(broken),
        }
        (tmp_path / f"{index}.json").write_text(json.dumps(document))
    found = result("--merge", tmp_path / "1.json", tmp_path / "2.json")
    assert (found["mean"], found["std"], found["min"], found["max"]) == ([0.5], [0], [0.5], [0.5])
    assert (found["images"], found["skipped"], found["full_share"]) == (2, 1, [1.5])


def test_sample_std_of_images_with_one_weight(cli, shards, folder):
    done = cli("stats", "--merge", *shards(folder, 1, "--weight", "image"), "--sample-std")
    assert done.exit_code == 2


def torchrun(*arguments):
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    return subprocess.run(
        [*command, "-m", "ptnotes", "stats", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
def test_torchrun(result, folder):
    done = torchrun(str(folder), "--json")
    assert done.returncode == 0, done.stderr
    assert core(json.loads(done.stdout)["result"]) == core(result(folder))


@pytest.mark.slow
def test_torchrun_with_a_broken_image(folder):
    (folder / "broken.png").write_text("")
    done = torchrun(str(folder), "--json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert len(re.findall(r"^ptnotes: .*broken\.png", done.stderr, re.M)) == 1

"""``ptnotes stats`` as it is used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ptnotes.stats import pipeline
from ptnotes.stats.snippets import FORMS
from tests.stats.conftest import noise
from tests.stats.test_inputs import core
from tests.test_cli import failure


def test_weight_and_sample_std(result, folder, pixels_of):
    images = [image / 255 for image in pixels_of(folder)]
    means = np.array([image.mean(axis=(0, 1)) for image in images])
    squares = np.array([(image**2).mean(axis=(0, 1)) for image in images])
    found = result(folder, "--weight", "image")
    assert found["mean"] == pytest.approx(means.mean(axis=0).tolist(), rel=1e-12)
    std = np.sqrt(squares.mean(axis=0) - means.mean(axis=0) ** 2)
    assert found["std"] == pytest.approx(std.tolist(), rel=1e-12)
    pixels = np.concatenate([image.reshape(-1, 3) for image in images])
    found = result(folder, "--sample-std")
    assert found["std"] == pytest.approx(pixels.std(axis=0, ddof=1).tolist(), rel=1e-12)


def test_compare(result, tmp_path):
    array = noise(0, 70, 6, 6)
    array[64:] //= 4
    np.save(tmp_path / "x.npy", array)
    found = result(tmp_path / "x.npy", "--compare")["compare"]
    batches = [torch.from_numpy(part).double() / 255 for part in (array[:64], array[64:])]
    mean = sum(batch.mean() for batch in batches) / 2
    square = sum((batch**2).mean() for batch in batches) / 2
    assert found["notes_loop"]["mean"] == [pytest.approx(mean.item())]
    assert found["notes_loop"]["std"] == [pytest.approx((square - mean**2).sqrt().item())]
    stds = (array / 255).std(axis=(1, 2))
    assert found["per_image_std"]["std"] == [pytest.approx(stds.mean())]


def test_compare_of_several_sizes(result, folder):
    found = result(folder, "--compare")["compare"]
    assert found["notes_loop"] is None
    assert len(found["per_image_std"]["std"]) == 3


def test_compare_follows_the_order_with_workers_too(result, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 5)
    for index in range(70):
        image = Image.fromarray(noise(index, 4, 4) // (1 + index // 64 * 3))
        image.save(tmp_path / f"{index:02}.png")
    one_worker = result(tmp_path, "--compare")
    assert core(result(tmp_path, "--compare", "--workers", "2")) == core(one_worker)
    assert one_worker["compare"]["notes_loop"]["mean"] != pytest.approx(one_worker["mean"])


def test_limit(result, folder, tmp_path):
    whole = result(folder)
    found = result(folder, "--limit", "5", "--seed", "3")
    assert (found["images"], found["images_in_all"]) == (5, 12)
    assert core(result(folder, "--limit", "5", "--seed", "3")) == core(found)
    assert result(folder, "--limit", "5", "--seed", "4")["mean"] != found["mean"]
    pairs = zip(found["mean"], whole["mean"], found["mean_standard_error"], strict=True)
    assert all(abs(a - b) < 5 * error for a, b, error in pairs)
    everything = result(folder, "--limit", "99")
    assert everything["mean"] == whole["mean"]
    assert everything["std_standard_error"] == [0, 0, 0]
    np.save(tmp_path / "x.npy", noise(0, 50, 5, 5))
    assert result(tmp_path / "x.npy", "--limit", "1")["mean_standard_error"] is None
    listed = "\n".join(str(path) for path in folder.rglob("*.webp"))
    assert result("-", "--limit", "1", input=listed)["images"] == 1


@pytest.mark.slow
def test_array_resized(result, tmp_path, monkeypatch):
    monkeypatch.setattr(pipeline, "CHUNK", 2)
    array = noise(0, 6, 10, 8, 3)
    np.save(tmp_path / "x.npy", array)
    found = result(tmp_path / "x.npy", "--resize", "4", "--grayscale", "--workers", "2")
    assert (found["channels"], found["pixels"]) == (1, 6 * 5 * 4)
    np.save(tmp_path / "y.npy", array.astype(np.float32))
    assert result(tmp_path / "y.npy")["images"] == 6


def test_rgb_makes_alike(cli, result, folder):
    Image.fromarray(noise(0, 5, 5)).save(folder / "gray.png")
    line = failure(cli("stats", folder))
    assert "1 8-bit of 1 channel (gray.png)" in line
    assert "12 8-bit of 3 channels" in line
    assert "--rgb" in line
    assert result(folder, "--rgb")["channels"] == 3
    assert result(folder, "--grayscale")["channels"] == 1


def test_histogram(cli, folder, tmp_path):
    for name in ("levels.png", "levels.svg"):
        assert cli("stats", folder, "--histogram", tmp_path / name).exit_code == 0
    with Image.open(tmp_path / "levels.png") as picture:
        assert picture.format == "PNG"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "images",
        "levels.png",
        "levels.svg",
    ]


def test_screen(cli, folder):
    done = cli("stats", folder, "--compare", "--limit", "9", env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert "every pixel the same, population std, alpha dropped" in done.stdout
    assert "Standard errors: 9 of 12 images" in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-2])) <= 80
    assert done.stdout.splitlines()[-1].startswith("normalize")
    quiet = cli("stats", folder, "--quiet", "--precision", "2").stdout
    assert "───" not in quiet
    assert "transforms.Normalize(mean=(0." in quiet


def test_a_broken_image_is_named_and_may_be_skipped(cli, result, folder):
    (folder / "text.jpg").write_text("not a photograph")
    whole = next(folder.rglob("1.jpg")).read_bytes()
    (folder / "half.jpg").write_bytes(whole[: len(whole) // 2])
    line = failure(cli("stats", folder, "--json"))
    assert "2 of 14 images can't be read: half.jpg (" in line
    assert "text.jpg (not an image" in line
    assert "truncated" in line.lower()
    found = result(folder, "--skip-errors")
    assert (found["images"], found["skipped"]) == (12, 2)
    assert [file["name"] for file in found["skipped_files"]] == ["half.jpg", "text.jpg"]
    assert "Left out: 2" in cli("stats", folder, "--skip-errors").stdout


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs POSIX signals")
def test_interrupted(folder):
    command = [sys.executable, "-m", "ptnotes", "stats", "-", "--workers", "2"]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env=environment, start_new_session=True,
    ) as process:  # fmt: skip
        import signal

        assert process.stdin is not None
        assert process.stdout is not None
        path = next(folder.rglob("*.bmp"))
        assert process.stdout.readline() == "ptnotes stats\n"
        process.stdin.write(f"{path}\n" * 1000)
        process.stdin.flush()
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_json_document_of_a_failure_is_none(cli, tmp_path):
    done = cli("stats", tmp_path / "nowhere", "--json")
    assert done.stdout == ""
    failure(done)


def test_config(cli, folder):
    done = cli("stats", folder, "--rgb", "--resize", "8", "--json")
    config = json.loads(done.stdout)["config"]
    assert config["data"] == str(folder)
    assert (config["rgb"], config["resize"], config["alpha"]) == (True, 8, "drop")
    assert (config["weight"], config["std"], config["precision"]) == ("pixel", "population", 4)
    assert "limit" not in config
    assert Path(config["data"]).exists()


@pytest.mark.parametrize("form", FORMS)
def test_snippet_alone(cli, folder, form):
    """What --quiet prints is what JSON has, and nothing else."""
    given = ["stats", folder, "--format", form]
    done = cli(*given, "--quiet")
    assert done.exit_code == 0
    document = json.loads(cli(*given, "--json").stdout)
    assert document["result"]["snippet"] == {"format": form, "text": done.stdout.rstrip("\n")}
    assert document["result"]["normalize"].startswith("transforms.Normalize(mean=(")


def test_order_and_scale(cli, folder):
    one, other = (
        json.loads(cli("stats", folder, "--format", "json", "--quiet", *options).stdout)
        for options in ([], ["--order", "bgr", "--scale", "255"])
    )
    assert other["mean"] == [255 * each for each in reversed(one["mean"])]
    assert (other["order"], other["scale"]) == ("bgr", 255)


def test_percentiles(result, tmp_path):
    images = np.arange(201, dtype=np.uint8).repeat(2).reshape(2, 201, 1)
    np.save(tmp_path / "x.npy", images)
    found = result(tmp_path / "x.npy", "--layout", "NHW")
    assert found["percentiles"]["50"] == [pytest.approx(np.percentile(images, 50) / 255)]
    assert found["percentiles"]["99.5"] == [pytest.approx(np.percentile(images, 99.5) / 255)]
    assert found["skew"] == [0.0]
    np.save(tmp_path / "f.npy", images / np.float32(255))
    assert "percentiles" not in result(tmp_path / "f.npy", "--layout", "NHW")

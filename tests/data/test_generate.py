"""The sample data: its generators make the shipped files, and the files are what they should be."""

import gzip
import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch

from ptnotes.datasets import diabetes as diabetes_reader
from ptnotes.datasets import mnist as mnist_reader
from ptnotes.datasets import names as names_reader

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "data" / "sample"
GENERATORS = ROOT / "data" / "generate"
if not GENERATORS.exists():
    pytest.skip("needs the checkout", allow_module_level=True)

spec = importlib.util.spec_from_file_location(
    "sample_generators", GENERATORS / "__init__.py", submodule_search_locations=[str(GENERATORS)]
)
assert spec is not None
sys.modules["sample_generators"] = importlib.util.module_from_spec(spec)
diabetes, digits, names, writer = (
    importlib.import_module(f"sample_generators.{name}")
    for name in ("diabetes", "digits", "names", "__main__")
)


def shipped(name: str) -> bytes:
    return gzip.decompress((SAMPLE / f"{name}.gz").read_bytes())


@pytest.mark.parametrize("generator", [diabetes, names])
def test_tables_come_out_again(generator):
    for name, content in generator.files().items():
        assert shipped(name) == content


@pytest.mark.parametrize("split", ["train", "t10k"])
def test_digits_come_out_again(split):
    images, labels = mnist_reader.read(SAMPLE, split)
    assert len(images) == digits.SPLITS[split]
    for number in (*range(300), len(images) - 1):
        image, label = digits.draw(split, number)
        assert np.array_equal(images[number].numpy(), image), number
        assert labels[number] == label


def test_another_seed_draws_other_digits():
    first, again, other = (digits.draw("train", 0, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_writes_files_and_sums(tmp_path, monkeypatch):
    monkeypatch.setattr(digits, "SPLITS", {"train": 20, "t10k": 10})
    writer.write(tmp_path)
    sums = (tmp_path / "SHA256SUMS").read_text()
    assert [line.split()[1] for line in sums.splitlines()] == sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.gz")
    )
    assert len(mnist_reader.read(tmp_path, "train")[0]) == 20
    header = (tmp_path / "names_test.csv.gz").read_bytes()[:10]
    assert header[4:8] == bytes(4)  # no time of writing
    assert header[3] == 0  # no name


def test_runs_as_a_command():
    command = [sys.executable, "-m", "data.generate", "--help"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--out" in done.stdout


def test_sums_match_and_name_every_file():
    lines = (SAMPLE / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert list(sums) == sorted(sums)
    files = {path.relative_to(SAMPLE).as_posix(): path for path in SAMPLE.rglob("*.gz")}
    assert set(sums) == set(files)
    for name, path in files.items():
        assert hashlib.sha256(path.read_bytes()).hexdigest() == sums[name], name


def test_fits_into_a_wheel():
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) < 4_000_000


@pytest.mark.parametrize(("split", "least"), [("train", 10_000), ("t10k", 2_000)])
def test_digits_follow_mnists_rule(split, least):
    """Ink within 20×20, as long as 20 in one direction (antialiased: 19), centred by mass."""
    images, labels = mnist_reader.read(SAMPLE, split)
    assert len(images) >= least
    shares = labels.bincount(minlength=10) / len(labels)
    assert shares.min() > 0.07
    assert shares.max() < 0.13
    assert images.unique().tolist() == list(range(0, 256, 17))

    inked = images > 0
    extents = []
    place = torch.arange(28, dtype=torch.float64)
    for axis in (1, 2):
        lines = inked.any(dim=axis)
        first = lines.byte().argmax(dim=1)
        last = 27 - lines.flip(1).byte().argmax(dim=1)
        extents.append(last - first + 1)
        profile = images.double().sum(dim=axis)
        centre = (profile * place).sum(dim=1) / profile.sum(dim=1)
        assert (centre - 13.5).abs().max() <= 1
    longer = torch.stack(extents).amax(dim=0)
    assert longer.max() <= 20
    assert longer.min() >= 18


def test_no_two_digits_are_the_same():
    images = torch.cat([mnist_reader.read(SAMPLE, split)[0] for split in ("train", "t10k")])
    assert len(images.flatten(1).unique(dim=0)) == len(images)


def test_names_appear_once_and_every_country_in_both_files():
    train, test = names.splits()
    assert len(train) + len(test) >= 1800
    assert len(test) / len(train) == pytest.approx(0.5, abs=0.02)
    spellings = Counter(name.casefold() for name, _ in train + test)
    assert max(spellings.values()) == 1
    for rows in (train, test):
        assert {country for _, country in rows} == set(names.REAL_COUNTS)


def test_names_keep_the_real_proportions_up_to_the_list():
    train, test = names.splits()
    written = names.written_down()
    assert set(written) == set(names.REAL_COUNTS)
    for country, count in Counter(country for _, country in train + test).items():
        assert count == min(len(written[country]), round(names.REAL_COUNTS[country] / 3))


def test_a_name_written_down_twice_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(names, "SURNAMES", tmp_path / "surnames.txt")
    names.SURNAMES.write_text("[Here]\nAda, Bob\n[There]\nbob\n")
    with pytest.raises(ValueError, match="'bob' is written down twice"):
        names.written_down()


def test_names_reader_reads_them():
    train, test, countries = names_reader.read(SAMPLE)
    assert len(countries) == 18
    assert len(train.labels) + len(test.labels) == sum(map(len, names.splits()))


def test_diabetes_has_the_real_form():
    features, labels = diabetes_reader.read(SAMPLE)
    assert features.shape == (759, 8)
    assert features.abs().max() <= 1
    assert 0.6 < labels.mean() < 0.7
    glucose = features[:, 1]
    assert glucose[labels[:, 0] == 1].mean() < glucose[labels[:, 0] == 0].mean()


def test_diabetes_can_be_told_apart_but_not_wholly():
    """Least squares on one half, judged on the other."""
    features, labels = (part.double() for part in diabetes_reader.read(SAMPLE))
    inputs = torch.cat([features, torch.ones(759, 1, dtype=torch.float64)], dim=1)
    weights = torch.linalg.lstsq(inputs[::2], labels[::2] - 0.5).solution
    accuracy = ((inputs[1::2] @ weights > 0) == (labels[1::2] > 0.5)).double().mean()
    assert 0.72 < accuracy < 0.85


@pytest.mark.slow
def test_cnn_trained_on_the_sample_reads_real_digits(document, real_data, tmp_path):
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in (SAMPLE / "MNIST" / "raw").glob("train-*"):
        (raw / path.name).symlink_to(path)
    for path in (real_data / "MNIST" / "raw").glob("t10k-*-ubyte*"):
        (raw / path.name).symlink_to(path)
    hyper = ["--epochs", "5", "--lr", "0.05", "--momentum", "0.9"]
    found = document("mnist", "--arch", "cnn", *hyper, "--data-dir", tmp_path)
    assert found["result"]["test_accuracy"] >= 0.85


@pytest.mark.slow
def test_network_trained_on_real_names_knows_the_samples(document, real_data, tmp_path):
    (tmp_path / "names_train.csv.gz").symlink_to(real_data / "names_train.csv.gz")
    parts = [SAMPLE / f"names_{split}.csv.gz" for split in ("train", "test")]
    # gzip's members may follow one another
    (tmp_path / "names_test.csv.gz").write_bytes(b"".join(part.read_bytes() for part in parts))
    found = document("names", "--epochs", "6", "--data-dir", tmp_path)
    assert found["result"]["test_accuracy"] >= 0.6

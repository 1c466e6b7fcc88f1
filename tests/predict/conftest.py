"""Runs to predict with, and what ptnotes predict says."""

import json

import numpy as np
import pytest
from PIL import Image

from ptnotes.datasets import mnist
from ptnotes.datasets.paths import sample_directory
from ptnotes.predict.images import FRAMES, center_in_frame
from tests.runs.conftest import run_of
from tests.test_cli import failure

__all__ = ["run_of"]


@pytest.fixture
def predicted(cli):
    """``predicted(run, …)`` → the result of the document."""

    def invoke(*arguments, **options):
        done = cli("predict", *arguments, "--json", **options)
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert list(document) == ["topic", "version", "config", "environment", "result"]
        for each in document["result"]:
            assert list(each) == ["input", "prediction", "top"]
            assert each["prediction"] == each["top"][0]["label"]
            assert len(each["top"]) <= 3
            shares = [part["probability"] for part in each["top"]]
            assert shares == sorted(shares, reverse=True)
            assert sum(shares) <= 1 + 1e-5
        return document["result"]

    return invoke


@pytest.fixture(scope="module")
def sample_run(run_of):
    return run_of(
        "mnist",
        "--sample",
        "--recipe",
        "tuned",
        "--epochs",
        "4",
        "--validation",
        "0.1",
        "--save-best",
    )


@pytest.fixture
def digit(tmp_path):
    image = mnist.read(sample_directory(), "t10k")[0][0]
    Image.fromarray(image.numpy()).resize((100, 100)).save(tmp_path / "digit.png")
    return tmp_path / "digit.png"


@pytest.fixture
def mixed(cli):
    """``mixed(run, …)`` → the rows of inputs of which some are bad, and the line on stderr."""

    def invoke(*arguments, **options):
        done = cli("predict", *arguments, "--json", **options)
        rows = json.loads(done.stdout)["result"]
        for row in rows:
            assert list(row) in (["input", "prediction", "top"], ["input", "error"])
        text = cli("predict", *arguments, "--quiet", **options)
        assert failure(text) == failure(done)
        assert len(text.stdout.splitlines()) == len(rows)
        return rows, failure(done)

    return invoke


@pytest.fixture
def names_run(run_of):
    return run_of("names", "--epochs", "8", "--batch-size", "50")


@pytest.fixture(scope="module")
def digits():
    """Digits of the sample, placed by MNIST's rule, which the sample follows less exactly."""
    images, _ = mnist.read(sample_directory(), "t10k")
    return [
        center_in_frame(image.astype(np.float32), FRAMES["mnist"]) for image in images[:20].numpy()
    ]

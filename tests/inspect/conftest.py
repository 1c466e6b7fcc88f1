import json

import pytest
from PIL import Image

from ptnotes.datasets import mnist
from tests.runs.conftest import run_of

__all__ = ["run_of"]
NAME = "Erikson"
NAMES = ("names", "--epochs", "2", "--batch-size", "50")


@pytest.fixture
def digits(run_of):
    return run_of("mnist", "--epochs", "1")


@pytest.fixture
def surnames(run_of):
    return run_of(*NAMES)


@pytest.fixture
def inspected(cli):
    """``inspected(run, …)`` → the result of the document."""

    def invoke(*arguments):
        done = cli("inspect", *arguments, "--json")
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert list(document) == ["topic", "version", "config", "environment", "result"]
        result = document["result"]
        for part in ("parameters", "multiply_adds"):
            assert sum(each[part] for each in result["layers"]) == result[part]
        assert sum(each["time_share"] for each in result["layers"]) == pytest.approx(1)
        return result

    return invoke


@pytest.fixture
def digit(tmp_path, small_data):
    image = mnist.read(small_data, "t10k")[0][3]
    Image.fromarray(image.numpy()).save(tmp_path / "digit.png")
    return tmp_path / "digit.png"


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "rows.csv").write_text("0,0.1,0.2,0.3,0.4,0.5,0.6,0.7\n\n1,1,1,1,1,1,1,-1\n")
    return tmp_path / "rows.csv"

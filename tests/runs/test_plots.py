"""The options of pictures."""

import errno
import json
import os

import pytest
from PIL import Image

from tests.test_cli import failure


def test_result_is_shown_though_its_picture_fails(cli, tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    done = cli("linreg", "--epochs", "3", "--plot", tmp_path / "x.png", "--json")
    assert "No space left" in failure(done)
    assert len(json.loads(done.stdout)["history"]) == 3
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("topic", ["backward", "linreg", "logistic", "diabetes", "seq"])
@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_plot_of_every_topic(cli, tmp_path, topic, ending):
    path = tmp_path / f"curve.{ending}"
    sample = ["--sample"] if topic == "diabetes" else []
    assert cli(topic, *sample, "--epochs", "3", "--plot", path).exit_code == 0
    assert path.stat().st_size > 1000


def test_confusion_of_a_run_that_is_not_kept(cli, small_data, tmp_path):
    path = tmp_path / "matrix.png"
    command = ["names", "--epochs", "1", "--data-dir", small_data, "--confusion", path]
    assert cli(*command).exit_code == 0
    with Image.open(path) as image:
        assert image.size[0] > 200


@pytest.mark.parametrize("option", ["--plot", "--confusion"])
def test_picture_that_has_no_place(cli, small_data, tmp_path, option):
    path = tmp_path / "nowhere" / "x.png"
    assert "no directory" in failure(cli("names", "--data-dir", small_data, option, path))

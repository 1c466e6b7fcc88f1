"""What a user of the command line relies on: exit codes, streams, the JSON document."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from ptnotes.errors import DivergedError
from ptnotes.events import EpochRow, Header, Result

TRAINED = ["backward", "linreg", "logistic", "diabetes", "mnist", "seq", "names"]
WITH_DATA = ["diabetes", "mnist", "names"]


def test_help_is_light():
    heavy = "{'torch', 'numpy', 'pandas', 'torchvision', 'matplotlib'}"
    code = (
        "import sys; from ptnotes.cli import app\n"
        "try: app(['--help'])\n"
        f"except SystemExit: print('heavy:', sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "heavy: []"


@pytest.mark.parametrize("topic", TRAINED)
def test_document(topic, document, small_data):
    data = ["--data-dir", small_data] if topic in WITH_DATA else []
    found = document(topic, "--epochs", "2", "--seed", "3", *data)
    promised = ["topic", "version", "config", "environment", "history", "result"]
    assert list(found)[:6] == promised
    assert found["topic"] == topic
    assert found["config"]["epochs"] == 2
    assert found["config"]["seed"] == 3
    assert found["config"]["device"] == "cpu"
    assert {"recipe", "lr"} <= set(found["config"])
    keys = {"python", "torch", "torchvision", "platform", "device_name", "threads"}
    assert keys <= set(found["environment"])
    assert [row["epoch"] for row in found["history"]][-1] == 2
    if topic in ("mnist", "names"):
        measured = {"train_loss", "test_loss", "test_accuracy", "train_seconds", "test_seconds"}
        assert set(found["history"][0]) == {"epoch"} | measured
        assert {"test_accuracy", "parameters", "train_seconds", "wall_seconds"} <= set(
            found["result"]
        )


@pytest.mark.parametrize("topic", WITH_DATA)
def test_sample(topic, document):
    assert document(topic, "--sample", "--epochs", "1")["config"]["data"] == "sample"


@pytest.mark.parametrize("topic", sorted({*TRAINED} - {*WITH_DATA}))
def test_sample_is_only_where_data_is_read(topic, cli):
    assert cli(topic, "--sample").exit_code == 2


@pytest.mark.parametrize("topic", WITH_DATA)
def test_sample_is_named_on_screen(topic, cli, monkeypatch):
    monkeypatch.setenv("PTNOTES_DATA", "/nowhere")  # --sample is the stronger
    done = cli(topic, "--sample", "--epochs", "1", "--device", "cpu")
    assert done.exit_code == 0
    assert "data sample (made by ptnotes)" in done.stdout.splitlines()[1]


@pytest.mark.parametrize("name", ["fashion-mnist", "kmnist"])
def test_sets_in_the_form_of_mnist(name, document, small_data, tmp_path):
    from ptnotes.datasets.mnist import FOLDERS

    shutil.copytree(small_data / "MNIST", tmp_path / FOLDERS[name])
    found = document("mnist", "--data", name, "--epochs", "1", "--data-dir", tmp_path)
    assert found["config"]["data"] == name
    assert found["config"]["mean"] != 0.1307  # that is MNIST's


@pytest.mark.parametrize("topic", TRAINED)
def test_same_seed_same_history(topic, document, small_data):
    data = ["--data-dir", small_data] if topic in WITH_DATA else []

    def history(seed):
        rows = document(topic, "--epochs", "2", "--seed", seed, *data)["history"]
        return [{k: v for k, v in row.items() if not k.endswith("seconds")} for row in rows]

    assert history(1) == history(1)
    if topic != "backward":  # nothing in it is random
        assert history(1) != history(2)


def test_piped_output_is_plain(cli, small_data):
    result = cli("mnist", "--epochs", "3", "--data-dir", small_data, env={"COLUMNS": "60"})
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "\r" not in result.stdout
    rows = re.findall(r"^ +(\d) +\d\.\d{4} +\d\.\d{4} +\d+\.\d\d%", result.stdout, re.M)
    assert rows == ["1", "2", "3"]
    assert all(len(line) <= 60 for line in result.stdout.splitlines())


def test_quiet_leaves_the_result(cli, small_data):
    result = cli("mnist", "--epochs", "1", "--data-dir", small_data, "--quiet")
    assert result.exit_code == 0
    assert result.stdout.startswith("test accuracy")


def test_thousands_of_steps_are_thinned_on_screen_alone(cli, document):
    lines = cli("linreg", "--epochs", "500").stdout.splitlines()
    shown = [int(line.split()[0]) for line in lines if re.match(r" +\d+ ", line)]
    assert shown == [1, 2, 5, 10, 20, 50, 100, 200, 500]
    assert len(document("linreg", "--epochs", "500")["history"]) == 500


@pytest.mark.parametrize(
    "arguments",
    [
        ["mnist", "--arch", "vgg"],
        ["seq", "--cell", "tcn"],
        ["seq", "--via", "magic"],
        ["mnist", "--recipe", "secret"],
        ["mnist", "--epochs", "0"],
        ["linreg", "--epochs", "-3"],
        ["mnist", "--batch-size", "0"],
        ["diabetes", "--batch-size", "half"],
        ["diabetes", "--batch-size", "0"],
        ["linreg", "--lr", "-0.1"],
        ["linreg", "--lr", "nan"],
        ["linreg", "--lr", "inf"],
        ["linreg", "--lr", "0"],
        ["mnist", "--momentum", "1.5"],
        ["mnist", "--data", "cifar10"],
        ["mnist", "--data", "kmnist", "--sample"],
        ["mnist", "--sample", "--data-dir", "data"],
        ["linreg", "--device", "tpu"],
        ["linreg", "--seed", "-1"],
        ["linreg", "--threads", "0"],
        ["nonsense"],
    ],
)
def test_wrong_usage(cli, arguments):
    result = cli(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("ptnotes: ")
    assert "--help" in line


def failure(result) -> str:
    """The one line on stderr of a run that failed for a reason that a user can mend."""
    assert result.exit_code == 1
    lines = [line for line in result.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.stderr
    return lines[0]


def test_device_that_is_not_there(cli):
    assert "cuda:77" in failure(cli("linreg", "--device", "cuda:77"))


@pytest.mark.parametrize("topic", WITH_DATA)
def test_data_directory_that_does_not_exist(cli, tmp_path, topic):
    assert "nowhere" in failure(cli(topic, "--data-dir", tmp_path / "nowhere"))


@pytest.mark.parametrize("topic", WITH_DATA)
def test_data_directory_that_is_a_file(cli, tmp_path, topic):
    (tmp_path / "file").write_text("")
    assert "file" in failure(cli(topic, "--data-dir", tmp_path / "file"))


@pytest.mark.parametrize("topic", WITH_DATA)
def test_missing_data_without_network(cli, tmp_path, topic):
    line = failure(cli(topic, "--data-dir", tmp_path, "--json"))
    assert "--data-dir" in line
    assert str(tmp_path) in line
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("topic", ["linreg", "backward"])
def test_divergence_is_named(cli, topic):
    result = cli(topic, "--lr", "50", "--json")
    line = failure(result)
    assert re.search(r"epoch \d+", line)
    assert "--lr" in line
    assert result.stdout == ""


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["text", "json"])
def test_divergence_in_the_last_update(cli, options):
    """No loss is computed after it, but the weight isn't finite."""
    result = cli("linreg", "--epochs", "1", "--lr", "3e37", *options)
    assert "weight" in failure(result)


def test_output_that_can_not_be_written(cli, monkeypatch):
    """A redirection to a full disk."""

    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("ptnotes.console.render.present", full)
    assert "No space left on device" in failure(cli("linreg", "--epochs", "1"))


def test_sample_beside_the_variable(cli, small_data):
    """PTNOTES_DATA may be set in the profile."""
    done = cli("diabetes", "--sample", "--epochs", "1", env={"PTNOTES_DATA": str(small_data)})
    assert done.exit_code == 0
    assert "data sample" in done.stdout


def test_divergence_of_a_net(cli, small_data):
    result = cli("mnist", "--arch", "mlp", "--lr", "1e30", "--data-dir", small_data)
    assert "epoch 1, step" in failure(result)


def test_batch_larger_than_the_data_is_one_batch(document, small_data):
    found = document("mnist", "--epochs", "1", "--batch-size", "100000", "--data-dir", small_data)
    assert found["history"][0]["train_loss"] == pytest.approx(2.3, abs=0.2)  # no update before it


def interrupted_run(recipe, **_):
    yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=9)
    yield EpochRow(1, 0.5)
    yield EpochRow(2, 0.25)
    raise KeyboardInterrupt


def test_interrupt_keeps_the_finished_epochs(cli, monkeypatch):
    monkeypatch.setattr("ptnotes.topics.linreg.run", interrupted_run)
    result = cli("linreg")
    assert result.exit_code == 130
    assert "0.5000" in result.stdout
    assert "0.2500" in result.stdout

    result = cli("linreg", "--json")
    assert result.exit_code == 130
    found = json.loads(result.stdout)
    assert [row["epoch"] for row in found["history"]] == [1, 2]
    assert found["result"] == {"interrupted": True}


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't be sent a Ctrl-C")
def test_control_c():
    command = [sys.executable, "-m", "ptnotes", "linreg", "--epochs", "1000000", "--device", "cpu"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        for line in process.stdout:
            if re.match(r" +1 ", line):
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_errors_of_the_engine_pass_through_json(cli, monkeypatch):
    def diverging(recipe, **_):
        yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=9)
        raise DivergedError("the loss is nan at epoch 3, step 14")

    monkeypatch.setattr("ptnotes.topics.linreg.run", diverging)
    result = cli("linreg", "--json")
    assert "epoch 3, step 14" in failure(result)
    assert result.stdout == ""


def test_result_line_needs_no_rows(cli, monkeypatch):
    def bare(recipe, **_):
        yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=0)
        yield Result({"weight": 2.0})

    monkeypatch.setattr("ptnotes.topics.linreg.run", bare)
    assert "weight  2" in cli("linreg").stdout


def test_choices_are_the_models():
    from typing import get_args, get_type_hints

    from ptnotes.cli import topics as cli
    from ptnotes.models import mnist
    from ptnotes.topics import seq

    def choices(command, option):
        annotated = get_type_hints(command, include_extras=True)[option]
        literal, _ = get_args(get_args(annotated)[0])  # or None: the recipe's
        return set(get_args(literal))

    assert choices(cli.mnist, "arch") == set(mnist.MODELS)
    assert choices(cli.seq, "cell") == set(seq.CELLS) == set(seq.LAYERS)
    assert choices(cli.seq, "via") == set(seq.MODELS)

"""--out and --resume of every topic: the same bits, whose options count, what is refused."""

import io
import itertools
import json

import pytest
import torch

from ptnotes.events import EpochRow, Header, Result, Row, Snapshot
from ptnotes.runs.resume import kept
from ptnotes.topics import backward, diabetes, linreg, logistic, mnist, seq
from tests.runs.conftest import same, same_runs


def settings_of(topic, recipe, data_dir):
    """What the command line would hand to the topic, with eight epochs."""
    if topic is seq:
        return {"cell": "lstm", "via": "cell", "epochs": 8, "lr": 0.1, "head": recipe == "tuned"}
    hyper = vars(topic.RECIPES[recipe]) | {"epochs": 8}
    return hyper | ({"data_dir": data_dir} if topic is diabetes else {})


@pytest.mark.parametrize("recipe", ["notes", "tuned"])
@pytest.mark.parametrize("topic", [backward, linreg, logistic, diabetes, seq])
def test_state_put_back_gives_the_same_bits(topic, recipe, small_data):
    """Stopped after three epochs; what random numbers come in between doesn't matter."""
    settings = settings_of(topic, recipe, small_data) | {"recipe": recipe, "seed": 5}
    settings |= {"device": "cpu", "threads": 1}

    def final(events):
        *_, snapshot, result = (each for each in events if isinstance(each, Snapshot | Result))
        return snapshot.state(), {k: v for k, v in result.values.items() if k != "wall_seconds"}

    whole = final(topic.run(**settings))
    snapshots = (each for each in topic.run(**settings) if isinstance(each, Snapshot))
    fourth = next(itertools.islice(snapshots, 3, None))
    buffer = torch.tensor([])
    saved = loaded(fourth.state())
    assert saved["epoch"] == 3
    buffer.resize_(100).normal_()
    assert same(final(topic.run(**settings, resume=saved)), whole)


@pytest.mark.parametrize("arch", ["mlp", "cnn"])
def test_two_threads(arch, small_data):
    """A batch in parts, and torch's own threads."""
    hyper = vars(mnist.RECIPES["tuned"][arch]) | {"epochs": 3, "arch": arch, "recipe": "tuned"}
    settings = hyper | {"seed": 0, "device": "cpu", "threads": 2, "data_dir": small_data}
    *_, whole = (each for each in mnist.run(**settings) if isinstance(each, Snapshot))
    snapshots = (each for each in mnist.run(**settings) if isinstance(each, Snapshot))
    saved = loaded(next(itertools.islice(snapshots, 1, None)).state())
    *_, last = (each for each in mnist.run(**settings, resume=saved) if isinstance(each, Snapshot))
    one, other = whole.state(), last.state()
    for part in ("model", "optimizer", "scheduler", "generators", "rows"):
        assert same(one[part], other[part])


def loaded(state):
    """As a checkpoint file would have it: the state's tensors are the training's own."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_files(run_of):
    run = run_of("mnist", "--epochs", "2", "--save-best", "--recipe", "tuned")
    names = {path.name for path in run.iterdir()}
    written = {"run.json", "metrics.csv", "model.pt", "best.pt", "checkpoint.pt"}
    assert names == written | {"curve.png", "confusion.png", "mistakes.png"}
    document = json.loads((run / "run.json").read_text())
    assert list(document)[:6] == [
        *("topic", "version", "config", "environment", "history", "result"),
    ]
    assert document["run"]["finished"]
    header, *lines = (run / "metrics.csv").read_text().splitlines()
    assert header.startswith("epoch,train_loss,test_loss,test_accuracy")
    assert [line.split(",")[0] for line in lines] == ["1", "2"]
    assert float(lines[1].split(",")[1]) == document["history"][1]["train_loss"]
    accuracies = [row["test_accuracy"] for row in document["history"]]
    assert document["run"]["best"]["test_accuracy"] == max(accuracies)
    weights = torch.load(run / "model.pt", weights_only=True)
    assert set(weights) >= {"conv1.weight", "fc.bias"}
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_resumed_run_has_its_own_options(cli, small_data, tmp_path):
    """None of them need be given again, --threads neither."""
    run = tmp_path / "run"
    given = ["--recipe", "tuned", "--lr", "0.003", "--batch-size", "70", "--epochs", "2"]
    where = ["--data-dir", small_data, "--out", run]
    assert cli("names", *given, *where, "--threads", "1").exit_code == 0
    first = json.loads((run / "run.json").read_text())
    done = cli("names", *where, "--resume", "--json")
    assert done.exit_code == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["config"] == first["config"]
    assert again["environment"]["threads"] == 1
    assert again["history"] == first["history"]  # it was done; nothing is trained again
    assert again["result"]["confusion"] == first["result"]["confusion"]


def test_sample_is_remembered(cli, tmp_path):
    where = ["--out", tmp_path / "run"]
    assert cli("diabetes", "--sample", "--epochs", "2", *where).exit_code == 0
    done = cli("diabetes", *where, "--resume", "--epochs", "3", "--json")
    assert json.loads(done.stdout)["config"]["data"] == "sample"
    assert len(json.loads(done.stdout)["history"]) == 3


@pytest.mark.parametrize("topic", ["names", "linreg"])
def test_more_epochs_are_a_longer_run(cli, run_of, tmp_path, topic, small_data):
    """Under a constant rate; to the bit."""
    data = ["--data-dir", small_data] if topic == "names" else []
    for epochs in ("2", "4"):
        done = cli(topic, "--epochs", epochs, *data, "--out", tmp_path, "--resume")
        assert done.exit_code == 0, done.stderr
    assert same_runs(tmp_path, run_of(topic, "--epochs", "4"))


def usage_error(done):
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = [line for line in done.stderr.splitlines() if line.startswith(("ptnotes:", "Error:"))]
    return line


def test_contradictions_are_named(cli, run_of, small_data):
    run = run_of("mnist", "--epochs", "2", "--save-best", "--recipe", "tuned")
    before = (run / "checkpoint.pt").read_bytes()

    def refused(*options, topic="mnist"):
        small = topic == "mnist" and "--sample" not in options
        data = ["--data-dir", small_data] if small else []
        return usage_error(cli(topic, "--out", run, "--resume", *data, *options))

    assert "arch cnn, not mlp; lr 0.08, not 0.5" in refused("--arch", "mlp", "--lr", "0.5")
    assert "recipe tuned, not notes" in refused("--recipe", "notes")
    assert "seed 0, not 1" in refused("--seed", "1")
    assert "epochs 2, not 3" in refused("--epochs", "3")  # the schedule is laid out
    assert "data mnist, not sample" in refused("--sample")
    threads = json.loads((run / "run.json").read_text())["environment"]["threads"]
    assert "threads" in refused("--threads", threads + 1)
    assert "topic mnist, not linreg" in refused(topic="linreg")
    assert "topic mnist, not diabetes" in refused("--sample", topic="diabetes")
    assert "data mnist, not kmnist" in refused("--data", "kmnist")  # before it is looked for
    assert (run / "checkpoint.pt").read_bytes() == before


def test_command_of_another_topic(cli, run_of):
    """Whose settings fit it even less."""
    run = run_of("diabetes", "--epochs", "1", "--batch-size", "full")
    assert "topic diabetes, not mnist" in usage_error(cli("mnist", "--out", run, "--resume"))


def test_device_auto_contradicts_nothing(cli, run_of):
    """Nor do its threads."""
    run = run_of("linreg", "--epochs", "4", "--threads", "1")
    assert cli("linreg", "--out", run, "--resume", "--device", "auto").exit_code == 0


def test_fewer_epochs_than_there_are(cli, run_of):
    run = run_of("linreg", "--epochs", "4")
    assert "4" in usage_error(cli("linreg", "--out", run, "--resume", "--epochs", "3"))


def test_save_best_can_not_begin_later(cli, run_of, small_data):
    run = run_of("names", "--epochs", "2")
    done = cli("names", "--out", run, "--resume", "--save-best", "--data-dir", small_data)
    assert "--save-best" in usage_error(done)


def test_other_data_is_refused(cli, run_of):
    run = run_of("names", "--epochs", "2")
    checkpoint = (run / "checkpoint.pt").read_bytes()
    from ptnotes.datasets.paths import sample_directory

    done = cli("names", "--out", run, "--resume", "--data-dir", sample_directory())
    assert done.exit_code == 1
    assert "ptnotes: " in done.stderr
    assert (run / "checkpoint.pt").read_bytes() == checkpoint


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--resume"], "--out"),
        (["--force"], "--out"),
        (["--out", "{run}"], "--resume goes on with it, --force replaces it"),
        (["--out", "{run}", "--resume", "--force"], "choose one"),
        (["--out", "{run}", "--seeds", "2"], "--seeds"),
        (["--plot", "curve.jpeg"], "--plot"),
    ],
)
def test_options_that_do_not_go_together(cli, run_of, options, named):
    run = run_of("linreg", "--epochs", "4")
    files = {path.name: path.read_bytes() for path in run.iterdir()}
    done = cli("linreg", *(option.replace("{run}", str(run)) for option in options))
    assert named in usage_error(done)
    assert files == {path.name: path.read_bytes() for path in run.iterdir()}


def test_force_leaves_nothing_of_the_old_run(cli, small_data, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    where = ["--data-dir", small_data, "--out", tmp_path]
    assert cli("mnist", "--epochs", "1", "--save-best", *where).exit_code == 0
    assert cli("diabetes", "--epochs", "1", "--force", *where).exit_code == 0
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {
        *("notes.txt", "run.json", "metrics.csv", "model.pt", "checkpoint.pt"),
        *("curve.png", "confusion.png"),
    }


def test_updates_are_saved_now_and_then(tmp_path, monkeypatch):
    """At the start, at the end, and in between when a second has passed."""
    saved = []
    monkeypatch.setattr(
        "ptnotes.runs.writer.Writer._save", lambda writer, _: saved.append(len(writer.rows))
    )
    hyper = {"recipe": "notes", "epochs": 50, "lr": 0.01, "momentum": 0.0, "seed": 0}
    for event in kept("linreg", linreg.run, hyper | {"device": "cpu", "threads": 1}, out=tmp_path):
        if isinstance(event, Row):
            assert not isinstance(event, EpochRow)
    assert saved[0] == 0
    assert saved[-1] == 50
    assert len(saved) < 10


def test_header_tells_the_classes(small_data):
    hyper = vars(diabetes.RECIPES["notes"])
    events = diabetes.run(
        recipe="notes", seed=0, device="cpu", threads=1, data_dir=small_data, **hyper
    )
    header = next(events)
    assert isinstance(header, Header)
    assert header.classes == ("0", "1")

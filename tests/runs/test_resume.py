"""--out and --resume of every topic: the same bits, whose options count, what is refused."""

import gzip
import io
import itertools
import json
import shutil

import pytest
import torch

from ptnotes import api, topics
from ptnotes.events import EpochRow, Header, Result, Row, Snapshot
from ptnotes.runs.checkpoint import load_checkpoint, save_checkpoint
from ptnotes.topics.options import recipe_of
from tests.runs.conftest import WITH_DATA, same, same_runs
from tests.test_cli import failure


def topic_run(topic, recipe, data_dir, **options):
    """``run(resume=None)``: the topic's events, with eight epochs."""
    lesson = topics.module(topic)
    given = {"recipe": recipe, "epochs": 8, "seed": 5} | options
    settings = {"data_dir": data_dir} if topic in WITH_DATA else {}
    chosen = recipe_of(lesson, given)
    return lambda resume=None: lesson.run(chosen, device="cpu", resume=resume, **settings)


@pytest.mark.parametrize("recipe", ["notes", "tuned"])
@pytest.mark.parametrize(
    ("topic", "options"),
    [
        *((topic, {}) for topic in ("backward", "linreg", "logistic", "diabetes")),
        ("seq", {"cell": "lstm"}),
        ("names", {"epochs": 4, "batch_size": 64}),
        ("mnist", {"arch": "mlp", "epochs": 4}),
        ("mnist", {"arch": "cnn", "epochs": 4}),
    ],
)
def test_state_put_back_gives_the_same_bits(topic, options, recipe, small_data):
    """Stopped after three epochs; what random numbers come in between doesn't matter."""
    run = topic_run(topic, recipe, small_data, **options)

    def final(events):
        *_, snapshot, result = (each for each in events if isinstance(each, Snapshot | Result))
        measured = {k: v for k, v in result.values.items() if not k.endswith("_seconds")}
        return snapshot.state(), measured

    whole = final(run())
    snapshots = (each for each in run() if isinstance(each, Snapshot))
    fourth = next(itertools.islice(snapshots, 3, None))
    buffer = torch.tensor([])
    saved = loaded(fourth.state())
    snapshots.close()
    assert saved["epoch"] == 3
    buffer.resize_(100).normal_()
    assert same(final(run(saved)), whole)


def loaded(state):
    """As a checkpoint file would have it: the state's tensors are the training's own."""
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_files(run_of):
    run = run_of("mnist", "--epochs", "2", "--lr", "0.001")
    names = {path.name for path in run.iterdir()} - {".lock"}  # not every filelock leaves it
    written = {"run.json", "metrics.csv", "model.pt", "checkpoint.pt"}
    assert names == written | {"curve.png", "confusion.png", "mistakes.png"}
    document = json.loads((run / "run.json").read_text())
    promised = ["topic", "version", "config", "environment", "history", "result"]
    assert list(document)[:6] == promised
    assert document["run"]["finished"]
    header, *lines = (run / "metrics.csv").read_text().splitlines()
    assert header.startswith("epoch,train_loss,test_loss,test_accuracy")
    assert [line.split(",")[0] for line in lines] == ["1", "2"]
    assert float(lines[1].split(",")[1]) == document["history"][1]["train_loss"]
    weights = torch.load(run / "model.pt", weights_only=True)
    assert set(weights) >= {"conv1.weight", "fc.bias"}
    assert (run / "curve.png").read_bytes().startswith(b"\x89PNG")


def test_resumed_run_has_its_own_options(cli, small_data, tmp_path):
    """None of them need be given again; threads may differ."""
    run = tmp_path / "run"
    given = ["--recipe", "tuned", "--lr", "0.003", "--batch-size", "70", "--epochs", "2"]
    where = ["--data-dir", small_data, "--out", run]
    assert cli("names", *given, *where, "--threads", "1").exit_code == 0
    first = json.loads((run / "run.json").read_text())
    done = cli("names", *where, "--resume", "--json")
    assert done.exit_code == 0, done.stderr
    again = json.loads(done.stdout)
    assert again["config"] == first["config"]
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
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("ptnotes:")]
    return line


def test_contradictions_are_named(cli, run_of, small_data):
    run = run_of("mnist", "--epochs", "2", "--recipe", "tuned")
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
    assert "shards 2, not 4" in refused("--shards", "4")
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
    assert "save best False, not True" in usage_error(done)


def test_best_weights_of_an_older_version_stay(cli, run_of, small_data, tmp_path):
    """Its --save-best chose on the test set: the run goes on without."""
    run = shutil.copytree(run_of("diabetes", "--epochs", "2"), tmp_path / "run")
    checkpoint = load_checkpoint(run / "checkpoint.pt")
    best = {"epoch": 1, "train_accuracy": 0.5}
    checkpoint |= {"save_best": True, "best": best}
    for newer in ("validation", "save_best", "patience", "folds", "fold"):
        del checkpoint["config"][newer]
    (run / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    (run / "run.json").unlink()
    (run / "best.pt").write_bytes((run / "model.pt").read_bytes())
    given = ["--out", run, "--resume", "--epochs", "3", "--data-dir", small_data]
    done = cli("diabetes", *given)
    assert done.exit_code == 0, done.stderr
    assert "best.pt" in done.stderr
    assert (run / "best.pt").exists()
    document = json.loads((run / "run.json").read_text())
    assert document["run"]["best"] == best
    assert document["history"][-1]["epoch"] == 3


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
        (["--out", "{run}"], "--resume continues it, --force replaces it"),
        (["--out", "{run}", "--resume", "--force"], "choose one"),
        (["--out", "{run}", "--seeds", "2"], "single run"),
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
    assert cli("mnist", "--epochs", "1", *where).exit_code == 0
    assert cli("diabetes", "--epochs", "1", "--force", *where).exit_code == 0
    names = {path.name for path in tmp_path.iterdir()} - {".lock"}
    assert names == {
        *("notes.txt", "run.json", "metrics.csv", "model.pt", "checkpoint.pt"),
        *("curve.png", "confusion.png"),
    }


def test_updates_are_saved_now_and_then(tmp_path, monkeypatch):
    """At the start, at the end, and in between when a second has passed."""
    saved = []
    monkeypatch.setattr(
        "ptnotes.runs.writer.Writer._save", lambda writer, *_: saved.append(len(writer.record.rows))
    )
    for event in api.events("linreg", epochs=50, device="cpu", out=tmp_path):
        if isinstance(event, Row):
            assert not isinstance(event, EpochRow)
    assert saved[0] == 0
    assert saved[-1] == 50
    assert len(saved) < 10


def test_header_tells_the_classes(small_data):
    header = next(api.events("diabetes", device="cpu", data_dir=small_data))
    assert isinstance(header, Header)
    assert header.classes == ("0", "1")


@pytest.mark.parametrize("topic", ["mnist", "names", "diabetes"])
def test_other_data_of_the_same_size(cli, run_of, small_data, tmp_path, topic):
    """One label, name or number is another."""
    run = shutil.copytree(run_of(topic, "--epochs", "2"), tmp_path / "run")
    data = shutil.copytree(small_data, tmp_path / "data")
    labels = data / "MNIST/raw/train-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[-1] ^= 1
    labels.write_bytes(content)
    changes = {
        "names_train.csv.gz": lambda row: b'"Q' + row[2:],
        "diabetes.csv.gz": lambda row: row[1:] if row.startswith(b"-") else b"-" + row,
    }
    for name, change in changes.items():
        *rows, last = gzip.decompress((data / name).read_bytes()).splitlines(keepends=True)
        (data / name).write_bytes(gzip.compress(b"".join([*rows, change(last)])))
    resume = [topic, "--epochs", "3", "--out", run, "--resume"]
    assert "other data" in failure(cli(*resume, "--data-dir", data))
    assert cli(*resume, "--data-dir", small_data).exit_code == 0


FORGED = [
    (("topic",), 3),
    (("config",), 3),
    (("config", "epochs"), "x"),
    (("config", "seed"), -1),
    (("config", "device"), ["cpu"]),
    (("environment",), "x"),
    (("environment", "threads"), torch.ones(2)),
    (("training",), []),
    (("training", "epoch"), "x"),
    (("training", "rows"), None),
    (("training", "rows", 0, "train_loss"), "x"),
    (("training", "wall_seconds"), "x"),
    (("training", "scheduler"), ...),
    (("date",), 3),
    (("best",), 3),
]


@pytest.mark.parametrize(("place", "value"), FORGED, ids=lambda value: str(value)[:40])
def test_checkpoint_that_is_not_ours(cli, run_of, tmp_path, place, value):
    """Its checksum is right, so that another program wrote it; nothing of the run is changed."""
    run = shutil.copytree(run_of("linreg", "--epochs", "4"), tmp_path / "run")
    (run / "run.json").unlink()
    part = checkpoint = load_checkpoint(run / "checkpoint.pt")
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    if value is ...:
        del part[place[-1]]
    (run / "checkpoint.pt").write_bytes(save_checkpoint(checkpoint))
    before = {path.name: path.read_bytes() for path in run.iterdir()}
    line = failure(cli("linreg", "--out", run, "--resume", "--epochs", "6"))
    assert "checkpoint.pt" in line
    assert "bug" not in line
    assert before == {path.name: path.read_bytes() for path in run.iterdir()}

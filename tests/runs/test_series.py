"""--seeds and --folds with --out: each run in its own directory, kept, resumed, replaced."""

import contextlib
import shutil

import pytest

import ptnotes
from ptnotes.events import Header, RunRecord, SeedRows
from ptnotes.runs.document import read
from ptnotes.runs.writer import Writer
from tests.runs.conftest import same, same_runs
from tests.runs.test_torchrun import ended, torchrun
from tests.test_cli import failure

SEEDS = ["diabetes", "--sample", "--hold-out", "0.2", "--epochs", "4", "--seeds", "3"]
FOLDS = ["diabetes", "--sample", "--epochs", "4", "--folds", "3"]


@pytest.fixture(autouse=True)
def few_pictures(request, monkeypatch):
    """One of every run takes half of the time."""
    if "picture" not in request.node.name:
        monkeypatch.setattr(Writer, "draw_picture", lambda self: None)


def without_times(value):
    """The document without what is a time."""
    if isinstance(value, dict):
        return {name: without_times(each) for name, each in value.items() if "seconds" not in name}
    return [without_times(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("command", "part"), [(SEEDS, "seed"), (FOLDS, "fold")])
def test_each_in_its_directory(document, tmp_path, command, part):
    """The document is that of runs that are not saved, and each run that of a single one."""
    plain, saved = document(*command), document(*command, "--out", tmp_path / "all")
    assert same(without_times(plain), without_times(saved))
    first = 0 if part == "seed" else 1
    for index, run in enumerate(saved["result"]["runs"]):
        there = read(tmp_path / "all" / f"{part}-{first + index}")
        assert run["history"] == there["history"]
        assert run["test_accuracy"] == there["result"]["test_accuracy"]
        assert there["config"][part] == first + index
    assert len(saved["result"]["runs"]) == 3


def test_a_seed_is_the_run_of_that_seed(cli, document, tmp_path):
    document(*SEEDS, "--out", tmp_path / "all")
    document(*SEEDS[:-2], "--seed", "2", "--out", tmp_path / "alone")
    assert same_runs(tmp_path / "all" / "seed-2", tmp_path / "alone")
    listed = cli("runs", "list", tmp_path / "all", "--quiet").stdout.splitlines()
    assert listed == [str(tmp_path / "all" / f"seed-{seed}") for seed in range(3)]


def interrupted(out, after, **options):
    """Ends, as Ctrl-C does, at the event ``after`` so many seeds that are complete."""
    record = RunRecord()
    events = ptnotes.events(
        "diabetes", data="sample", hold_out=0.2, epochs=4, seeds=3, out=out, **options
    )
    with contextlib.closing(events):
        for event in events:
            record.add(event)
            if len(record.seeds) == after and not isinstance(event, SeedRows):
                return


@pytest.mark.parametrize(
    "after", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (0, 2, 3))]
)
def test_interrupted_and_resumed(document, tmp_path, after):
    undisturbed = document(*SEEDS, "--out", tmp_path / "undisturbed")
    interrupted(tmp_path / "all", after, device="cpu")
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "all").rglob("run.json")}
    finished = [path for path in kept if read(path.parent)["run"]["finished"]]
    assert len(finished) == after
    resumed = document(*SEEDS, "--out", tmp_path / "all", "--resume")
    assert same(without_times(undisturbed), without_times(resumed))
    for path in finished:  # they are read, and not run again
        assert path.stat().st_mtime_ns == kept[path]
    for seed in range(3):
        assert same_runs(*(tmp_path / each / f"seed-{seed}" for each in ("undisturbed", "all")))


@pytest.mark.slow
def test_killed_and_resumed(trainer, document, tmp_path):
    command = [*SEEDS, "--device", "cpu", "--epochs", "30"]
    assert trainer(*command, "--out", tmp_path / "undisturbed") == 0
    for _ in range(3):
        trainer(*command, "--out", tmp_path / "all", "--resume", after=1)
    assert trainer(*command, "--out", tmp_path / "all", "--resume") == 0
    for seed in range(3):
        assert same_runs(*(tmp_path / each / f"seed-{seed}" for each in ("undisturbed", "all")))


def test_resume_has_the_options_of_the_runs(document, tmp_path):
    """Also for a seed that is begun then."""
    out = tmp_path / "all"
    document(*SEEDS, "--lr", "0.02", "--out", out)
    more = document("diabetes", "--seeds", "4", "--out", out, "--resume")
    assert more["config"]["lr"] == 0.02
    assert more["config"]["data"] == "sample"
    assert read(out / "seed-3")["config"]["lr"] == 0.02
    whole = document(*SEEDS[:-1], "4", "--lr", "0.02")
    assert same(without_times(whole), without_times(more))


def test_resume_to_more_epochs(document, tmp_path):
    document(*SEEDS, "--out", tmp_path / "all")
    more = document(*SEEDS, "--epochs", "6", "--out", tmp_path / "all", "--resume")
    assert same(without_times(document(*SEEDS, "--epochs", "6")), without_times(more))


@pytest.mark.parametrize("changed", [("--lr", "0.5"), ("--batch-size", "16")])
def test_resume_of_another_configuration(cli, document, tmp_path, changed):
    document(*SEEDS, "--out", tmp_path / "all")
    done = cli(*SEEDS, *changed, "--out", tmp_path / "all", "--resume")
    assert done.exit_code == 2
    assert changed[0].strip("-").replace("-", " ") in done.stderr


def test_runs_are_not_replaced_by_chance(cli, document, tmp_path):
    """Before anything runs: also where only the last seed is there."""
    out = tmp_path / "all"
    document(*SEEDS, "--out", out)
    shutil.rmtree(out / "seed-0")
    done = cli(*SEEDS, "--out", out)
    assert done.exit_code == 2
    assert "seed-1" in done.stderr
    assert not (out / "seed-0").exists()
    before = read(out / "seed-1")["run"]["wall_seconds"]
    document(*SEEDS, "--out", out, "--force")
    assert read(out / "seed-1")["run"]["wall_seconds"] != before


def test_a_single_run_is_not_hidden(cli, document, tmp_path):
    document("linreg", "--epochs", "3", "--out", tmp_path / "run")
    done = cli("linreg", "--seeds", "2", "--out", tmp_path / "run", "--force")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_seeds_that_diverge(cli, tmp_path):
    """Again, when they are resumed."""
    command = ["linreg", "--epochs", "2000", "--lr", "1", "--seeds", "2", "--out", tmp_path]
    first, again = failure(cli(*command)), failure(cli(*command, "--resume"))
    assert first == again
    assert "diverged" in first


def test_damaged_run_is_named(cli, document, tmp_path):
    document(*SEEDS, "--out", tmp_path / "all")
    (tmp_path / "all" / "seed-1" / "run.json").write_text("{")
    assert "seed-1" in failure(cli(*SEEDS, "--out", tmp_path / "all", "--resume"))


def test_picture_of_resumed_seeds(cli, document, tmp_path):
    """Of the kept ones too."""
    document(*SEEDS, "--out", tmp_path / "all")
    command = [*SEEDS, "--out", tmp_path / "all", "--resume", "--plot", tmp_path / "mean.svg"]
    assert cli(*command).exit_code == 0
    assert cli(*SEEDS, "--plot", tmp_path / "plain.svg").exit_code == 0
    sizes = [(tmp_path / name).stat().st_size for name in ("mean.svg", "plain.svg")]
    assert sizes[0] == sizes[1]


def test_options_of_one_run(cli, tmp_path):
    for options in (["--resume"], ["--force"], ["--confusion", tmp_path / "x.png"]):
        assert cli(*SEEDS, *options).exit_code == 2
    both = ["diabetes", "--sample", "--seeds", "2", "--folds", "3", "--out", tmp_path]
    assert cli(*both).exit_code == 2


@pytest.mark.slow
def test_not_for_torchrun(tmp_path):
    code, out, errors = ended(torchrun(2, *SEEDS, "--out", tmp_path / "all", "--json"))
    assert (code, out) == (1, "")
    assert "--out" in errors[0]
    assert not (tmp_path / "all").exists()


def test_header_of_kept_runs(document, tmp_path):
    """The first seed is read, not run, and says what a run would."""
    document(*SEEDS, "--out", tmp_path / "all")
    options = {"data": "sample", "hold_out": 0.2, "epochs": 4, "seeds": 3, "device": "cpu"}
    again, plain = (
        next(
            event
            for event in ptnotes.events("diabetes", **options, **saved)
            if isinstance(event, Header)
        )
        for saved in ({"out": tmp_path / "all", "resume": True}, {})
    )
    assert again == plain

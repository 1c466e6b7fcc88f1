"""runs check: forty submissions, each with its verdict."""

import csv
import io
import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from ptnotes.check import submissions as places
from ptnotes.errors import DataError
from ptnotes.language import set_language, translate
from ptnotes.runs import document as documents
from ptnotes.runs.checkpoint import STATE_DICT, load_checkpoint, save_checkpoint
from tests.check.classroom import ASKED, OTHER_SEED, Filler, build, overlapping, pickled
from tests.conftest import write_csv
from tests.test_cli import failure

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="makes links and pipes")
# a prediction of the 60 is 1.7 %
TOLERANCE = ("--tolerance", "0.02")


@pytest.fixture(scope="module")
def classroom(run_of, tmp_path_factory):
    """The directory of the submissions, and their verdicts by name."""
    place = tmp_path_factory.mktemp("class") / "submissions"
    return place, build(place, run_of)


@pytest.fixture
def checked(cli, run_of, small_data):
    """``checked(directory, "--evaluate")`` → the exit code, and name → row."""

    def check(directory, *options, against=ASKED):
        data = ["--data-dir", small_data] if "--evaluate" in options else []
        command = ["runs", "check", directory, "--against", run_of(*against), *options, *data]
        done = cli(*command, "--json")
        rows = json.loads(done.stdout)["result"]["submissions"]
        return done.exit_code, {Path(row["submission"]).name: row for row in rows}

    return check


@pytest.mark.slow
def test_forty_submissions(checked, classroom, tmp_path, monkeypatch):
    place, expected = classroom
    assert len(expected) == 40
    monkeypatch.chdir(tmp_path)
    code, rows = checked(place, "--evaluate", *TOLERANCE)
    assert code == 1
    assert {name: row["verdict"] for name, row in rows.items()} == expected
    for row in rows.values():
        assert (row["reason"] == "") == (row["verdict"] == "ok")
        assert ("measured_accuracy" in row) == (row["verdict"] in ("ok", "other weights"))
    assert not (tmp_path / "executed").exists()


def test_without_evaluation(checked, classroom):
    """The weights are not looked at."""
    place, expected = classroom
    _, rows = checked(place, *TOLERANCE)
    only_weights = {"other weights", "refused", "damaged"}
    for name, row in rows.items():
        if row["verdict"] != expected[name]:
            assert row["verdict"] == "ok"
            assert expected[name] in only_weights
        assert "measured_accuracy" not in row
    assert rows["23 weights zeroed"]["verdict"] == "ok"


def test_csv(cli, classroom, run_of):
    """One table on stdout, with control characters escaped, and no cell that is a formula."""
    place, expected = classroom
    command = ["runs", "check", place, "--against", run_of(*ASKED), *TOLERANCE]
    done = cli(*command, "--format", "csv", "--quiet")
    assert done.exit_code == 1
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert [row["verdict"] for row in rows][4] == expected["05 wrong seed"]
    assert len(rows) == len(expected)
    assert len(done.stdout.splitlines()) == 1 + len(expected)
    assert "\x1b" not in done.stdout
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row.values())
    assert {row["seed"] for row in rows} == {"", "0", "1"}
    lines = cli(*command, "--format", "markdown", "--quiet").stdout.splitlines()
    assert len(lines) == 2 + len(expected)


def test_screen(cli, classroom, run_of):
    place, expected = classroom
    command = ["runs", "check", place, "--against", run_of(*ASKED), *TOLERANCE]
    done = cli(*command, env={"COLUMNS": "100"})
    assert done.exit_code == 1
    assert all(verdict in done.stdout for verdict in {*expected.values()} - {"other weights"})
    assert "\x1b" not in done.stdout


def test_any_seed(checked, run_of, tmp_path):
    shutil.copytree(run_of(*OTHER_SEED), tmp_path / "participant")
    (row,) = checked(tmp_path)[1].values()
    assert row["verdict"] == "other configuration"
    code, rows = checked(tmp_path, "--any-seed", "--evaluate", "--tolerance", "0.1")
    assert code == 0
    assert [row["verdict"] for row in rows.values()] == ["ok"]
    assert rows["participant"]["seed"] == 1


@pytest.mark.parametrize(
    "command",
    [
        ("backward", "--epochs", "3"),
        ("linreg", "--epochs", "4"),
        ("logistic", "--epochs", "4"),
        ("seq", "--epochs", "2"),
        ("diabetes", "--epochs", "2"),
        ("names", "--epochs", "2", "--validation", "0.2", "--save-best"),
        ("mnist", "--epochs", "2", "--precision", "bf16"),
        ("mnist", "--arch", "mlp", "--epochs", "2", "--validation", "64", "--patience", "1"),
    ],
    ids=" ".join,
)
def test_every_topic_measures_its_own_weights(checked, run_of, tmp_path, command):
    shutil.copytree(run_of(*command), tmp_path / "one" / "right")
    shutil.copytree(run_of(*command), tmp_path / "one" / "wrong")
    path = tmp_path / "one" / "wrong" / "model.pt"
    weights = {name: -each for name, each in load_checkpoint(path).items()}
    path.write_bytes(save_checkpoint(weights))
    _, rows = checked(tmp_path / "one", "--evaluate", against=command)
    assert rows["right"]["verdict"] == "ok", rows["right"]
    assert rows["wrong"]["verdict"] == "other weights"


def test_best_of_several_runs(checked, run_of, tmp_path):
    for name, command in (("a", OTHER_SEED), ("b", ASKED), ("c", OTHER_SEED)):
        shutil.copytree(run_of(*command), tmp_path / "class" / "participant" / name)
    code, rows = checked(tmp_path / "class")
    assert code == 0
    assert rows["participant"]["run"] == str(tmp_path / "class" / "participant" / "b")


def test_a_run_is_a_submission(checked, run_of):
    code, rows = checked(run_of(*ASKED), "--evaluate")
    assert code == 0
    assert [row["verdict"] for row in rows.values()] == ["ok"]


def test_paths_of_a_run(checked, run_of, tmp_path, monkeypatch):
    """The caller's own link, and a name that is none."""
    (tmp_path / "link").symlink_to(run_of(*ASKED))
    assert checked(tmp_path / "link")[0] == 0
    shutil.copytree(run_of(*ASKED), tmp_path / "run")
    (tmp_path / "run" / "below").mkdir()
    monkeypatch.chdir(tmp_path / "run" / "below")
    assert checked("..")[0] == 0


def test_what_a_document_says_is_bounded(checked, run_of, tmp_path):
    """Names, values and how many of them there are."""
    place = tmp_path / "class" / "one"
    shutil.copytree(run_of(*ASKED), place)
    document = documents.read(place)
    document["config"] |= {f"{number}{'x' * 1000}": "y" * 1000 for number in range(100)}
    document["result"]["test_accuracy"] = "z" * 1000
    (place / "run.json").write_bytes(documents.encode(document))
    _, rows = checked(tmp_path / "class")
    assert rows["one"]["verdict"] == "other configuration"
    assert len(json.dumps(rows)) < 5000


def test_too_many_files(checked, run_of, tmp_path, monkeypatch):
    monkeypatch.setattr(places, "MOST_ENTRIES", 20)
    shutil.copytree(run_of(*ASKED), tmp_path / "class" / "few")
    for number in range(30):
        (tmp_path / "class" / "many" / str(number)).mkdir(parents=True)
    shutil.copytree(run_of(*ASKED), tmp_path / "class" / "many" / "29" / "run")
    _, rows = checked(tmp_path / "class")
    assert {name: row["verdict"] for name, row in rows.items()} == {"few": "ok", "many": "refused"}


def test_what_is_no_submission(checked, run_of, tmp_path):
    """Hidden directories and files are none; an archive is one that is not unpacked."""
    shutil.copytree(run_of(*ASKED), tmp_path / ".hidden" / "run")
    (tmp_path / "marks.csv").touch()
    (tmp_path / "one.ZIP").touch()
    _, rows = checked(tmp_path)
    assert {name: row["verdict"] for name, row in rows.items()} == {"one.ZIP": "not found"}


def test_nothing_is_written(checked, classroom):
    place, _ = classroom
    before = sorted(os.stat(path, follow_symlinks=False).st_mtime_ns for path in place.rglob("*"))
    checked(place, "--evaluate", *TOLERANCE)
    after = sorted(os.stat(path, follow_symlinks=False).st_mtime_ns for path in place.rglob("*"))
    assert before == after


def test_reference_that_is_none(cli, run_of, classroom, small_data, tmp_path):
    place, _ = classroom
    unfinished = tmp_path / "unfinished"
    shutil.copytree(run_of(*ASKED), unfinished)
    document = documents.read(unfinished)
    document["run"]["finished"] = False
    (unfinished / "run.json").write_bytes(documents.encode(document))
    assert "finished" in failure(cli("runs", "check", place, "--against", unfinished))
    assert failure(cli("runs", "check", place, "--against", place / "38 empty"))
    assert failure(cli("runs", "check", tmp_path / "nowhere", "--against", run_of(*ASKED)))
    assert failure(cli("runs", "check", place / "38 empty", "--against", run_of(*ASKED)))


def test_reference_of_other_data(cli, run_of, classroom, small_data, tmp_path):
    """Its own weights don't give its figures: nobody's would."""
    place, _ = classroom
    reference = run_of("names", "--epochs", "2")
    shutil.copytree(small_data, tmp_path / "data")
    write_csv(tmp_path / "data" / "names_test.csv.gz", ["Anderson,Elsewhere", "Meić,There"])
    command = ["runs", "check", place, "--against", reference, "--evaluate"]
    assert "figures" in failure(cli(*command, "--data-dir", tmp_path / "data"))


@pytest.mark.parametrize(
    "options", [("--data-dir", "."), ("--tolerance", "2"), ("--format", "csv", "--json")]
)
def test_options_that_do_not_fit(cli, run_of, classroom, options):
    done = cli("runs", "check", classroom[0], "--against", run_of(*ASKED), *options)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1


def test_archive_that_fills_the_memory(tmp_path, run_of):
    """What is refused is its form, not its content."""
    shutil.copytree(run_of(*ASKED), tmp_path / "run")
    overlapping(tmp_path / "run")
    with pytest.raises(DataError):
        load_checkpoint(tmp_path / "run" / "model.pt")
    pickled(Filler())(tmp_path / "run")
    with pytest.raises(DataError):
        load_checkpoint(tmp_path / "run" / "model.pt", allowed=STATE_DICT)


def test_reasons_are_chinese(checked, classroom):
    """Every one; what they name stays."""
    place, _ = classroom
    _, rows = checked(place, "--evaluate", *TOLERANCE)
    set_language("zh")
    try:
        told = [
            reason for row in rows.values() for reason in filter(None, row["reason"].split("; "))
        ]
        assert len(told) > 30
        assert [each for each in told if translate(each) == each] == []
        assert all(translate(row["verdict"]) != row["verdict"] for row in rows.values())
    finally:
        set_language(None)

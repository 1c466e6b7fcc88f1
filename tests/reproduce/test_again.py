"""Documents of all kinds and ages, run again."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
import torch

from ptnotes.datasets.paths import sample_directory
from ptnotes.events import Header, Progress, Table
from ptnotes.reproduce import again
from ptnotes.runs import document as documents
from tests.conftest import write_csv
from tests.test_cli import failure

OLD = Path(__file__).parent / "documents" / "diabetes.json"  # of the second format, 0.1.0
TUNED = ("diabetes", "--recipe", "tuned", "--epochs", "2")


@pytest.fixture
def reproduce(cli):
    """``reproduce(run, code=1)`` → the result in the document, of a command with this exit code."""

    def invoke(*arguments, code=0):
        done = cli("reproduce", *arguments, "--json")
        assert done.exit_code == code, done.stderr
        return json.loads(done.stdout)["result"]

    return invoke


@pytest.fixture
def run(cli, small_data, tmp_path):
    """A saved run of diabetes."""
    done = cli(*TUNED, "--data-dir", small_data, "--out", tmp_path / "run", "--threads", "1")
    assert done.exit_code == 0, done.stderr
    return tmp_path / "run"


@pytest.fixture
def print_document(cli, tmp_path):
    """The file of what a command prints with --json."""

    def write(*arguments):
        done = cli(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        path = tmp_path / "document.json"
        path.write_text(done.stdout, encoding="utf-8")
        return path

    return write


def edit(path, change):
    """Change a run.json, and give it a right checksum."""
    found = json.loads(path.read_text())
    change(found)
    path.write_bytes(documents.encode(found))


def content(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_saved_run_is_equal_to_the_bit_and_left_as_it_is(reproduce, run, small_data):
    before = content(run)
    for given in (run, run / "run.json"):
        found = reproduce(given, "--data-dir", small_data, "--threads", "1")
        (row,) = found["runs"]
        assert found["reproduced"] is True
        assert (row["verdict"], row["differs"], row["environment"]) == ("equal to the bit", 0, [])
        assert row["command"] == "ptnotes diabetes --recipe tuned --epochs 2 --device cpu"
        assert row["file"] == str(given)
    assert content(run) == before


def test_other_directory_and_number_of_threads(reproduce, run, small_data, tmp_path):
    shutil.copytree(small_data, tmp_path / "moved")
    shutil.move(run, tmp_path / "elsewhere")
    arguments = ("--data-dir", tmp_path / "moved", "--threads", "2")
    (row,) = reproduce(tmp_path / "elsewhere", *arguments)["runs"]
    assert row["verdict"] == "equal to the bit"
    assert {each["name"] for each in row["environment"]} <= {"threads"}  # here may be one core


@pytest.mark.parametrize(
    "arguments",
    [
        ("backward", "--epochs", "2"),
        ("linreg", "--epochs", "3", "--momentum", "0.5"),
        ("logistic", "--epochs", "3", "--optimizer", "adam"),
        ("seq", "--cell", "gru", "--via", "layer", "--epochs", "2"),
        ("diabetes", "--sample", "--epochs", "1", "--batch-size", "full"),
        ("diabetes", "--sample", "--epochs", "1", "--seed", "3", "--seeds", "2"),
        ("diabetes", "--sample", "--epochs", "1", "--folds", "2"),
        ("diabetes", "--sample", *TUNED[1:], "--validation", "0.2", "--save-best"),
    ],
    ids=" ".join,
)
def test_documents_of_json(reproduce, print_document, arguments):
    (row,) = reproduce(print_document(*arguments))["runs"]
    assert (row["verdict"], row["environment"]) == ("equal to the bit", [])
    assert row["equal"] > 5


@pytest.mark.parametrize("topic", ["mnist", "names"])
def test_documents_of_classifiers(reproduce, print_document, small_data, topic):
    data = ("--data-dir", small_data)
    extra = ("--arch", "mlp") if topic == "mnist" else ()
    path = print_document(topic, *extra, "--recipe", "tuned", "--epochs", "1", *data)
    (row,) = reproduce(path, *data)["runs"]
    assert (row["verdict"], row["environment"]) == ("equal to the bit", [])


def test_one_flipped_bit_of_data(reproduce, run, small_data, tmp_path):
    shutil.copytree(small_data, tmp_path / "data")
    rows = gzip.decompress((tmp_path / "data/diabetes.csv.gz").read_bytes()).decode().splitlines()
    rows[50] = rows[50].replace(rows[50][4], chr(ord(rows[50][4]) ^ 1), 1)
    write_csv(tmp_path / "data/diabetes.csv.gz", rows)
    arguments = (run, "--data-dir", tmp_path / "data", "--threads", "1")
    (row,) = reproduce(*arguments, code=1)["runs"]
    assert row["verdict"] == "differs"
    (other,) = row["environment"]
    assert (other["part"], other["name"]) == ("data_files", "diabetes.csv")
    found = reproduce(*arguments, "--tolerance", "0.05")
    assert found["within_tolerance"] == 1
    assert found["runs"][0]["verdict"] == "within tolerance"


def test_other_data_is_said_before_it_trains(run):
    """The sample has another table than the one that it was trained on."""
    kinds = [type(each) for each in again.events([run], data_dir=sample_directory())]
    assert kinds.index(Header) == 0
    assert kinds.index(Table) < kinds.index(Progress)


def test_document_of_an_older_version(reproduce):
    """The same bits on the machine that made it; here, with another torch or processor, near."""
    (row,) = reproduce(OLD, "--tolerance", "0.02")["runs"]
    assert row["verdict"] != "differs"
    nothing = {each["name"] for each in row["environment"] if each["recorded"] is None}
    assert nothing == {"numpy", "pandas", "cpu_capability", "files"}
    assert not any(each["part"] == "config" for each in row["environment"])


def test_run_of_the_first_format(reproduce, run, small_data):
    def age(document):
        document["run"]["format"] = 1
        del document["command"], document["data_files"], document["config"]["shards"]
        del document["environment"]["numpy"]

    edit(run / "run.json", age)
    (row,) = reproduce(run, "--data-dir", small_data)["runs"]
    assert row["verdict"] == "equal to the bit"
    names = {each["name"] for each in row["environment"] if each["recorded"] is None}
    assert names == {"numpy", "shards", "files"}


def test_unfinished_run_is_compared_as_far_as_it_is_recorded(reproduce, run, small_data):
    def interrupt(document):
        document["history"] = document["history"][:1]
        document["result"] = {}
        document["run"]["finished"] = False

    edit(run / "run.json", interrupt)
    (row,) = reproduce(run, "--data-dir", small_data)["runs"]
    assert (row["verdict"], row["equal"]) == ("equal to the bit", 4)


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [("result", "test_accuracy", 0.123), ("result", "parameters", 1), ("config", "lr", 0.02)],
)
def test_edited_document(reproduce, run, small_data, part, name, value):
    edit(run / "run.json", lambda document: document[part].update({name: value}))
    found = reproduce(run, "--data-dir", small_data, code=1)
    assert (found["reproduced"], found["differs"]) == (False, 1)
    if part == "result":
        assert [each["value"] for each in found["runs"][0]["differences"]] == [f"result.{name}"]


def test_several_are_a_row_each_and_one_that_differs_is_enough(reproduce, run, small_data, cli):
    shutil.copytree(run, run.parent / "edited")
    edit(run.parent / "edited/run.json", lambda document: document["result"].update(test_loss=9.0))
    found = reproduce(run, run.parent / "edited", OLD, "--data-dir", small_data, code=1)
    assert found["documents"] == 3
    assert [each["file"] for each in found["runs"]] == [
        str(run),
        str(run.parent / "edited"),
        str(OLD),
    ]
    assert found["runs"][0]["verdict"] == "equal to the bit"
    assert found["runs"][1]["verdict"] == "differs"


def test_run_that_diverges_now(reproduce, print_document):
    path = print_document("linreg", "--epochs", "300")
    found = json.loads(path.read_text())
    found["config"]["lr"] = 5.0
    path.write_text(json.dumps(found))
    (row,) = reproduce(path, code=1)["runs"]
    assert row["verdict"] == "differs"
    assert "diverged" in row


def test_device_that_is_not_here(reproduce, print_document):
    if torch.cuda.device_count() > 90:
        pytest.skip("it is here")
    path = print_document("linreg", "--epochs", "3", "--device", "cpu")
    found = json.loads(path.read_text())
    found["config"]["device"] = "cuda:90"
    path.write_text(json.dumps(found))
    (row,) = reproduce(path)["runs"]
    (other,) = row["environment"]
    assert (other["name"], other["recorded"], other["now"]) == ("device", "cuda:90", "cpu")


def test_tolerance_is_a_share(run):
    with pytest.raises(ValueError, match="tolerance"):
        next(again.events([run], tolerance=2.0))
    with pytest.raises(ValueError, match="tolerance"):
        next(again.events([run], tolerance=float("nan")))


HOSTILE = {
    "nothing": "",
    "half": '{"topic": "linreg", "config": {',
    "a number": "7",
    "a list": "[[[]]]",
    "deep": "[" * 100_000,
    "no result": '{"topic": "linreg", "config": {}, "environment": {}}',
    "no recipe": '{"topic": "linreg", "config": {"epochs": 1}, "environment": {}, "result": {}}',
    "not text": '{"topic": "linreg\ud800"',
}
PLAIN = {"topic": "linreg", "environment": {}, "result": {}, "history": [{"epoch": 1}]}
PLAIN["config"] = {"recipe": "notes", "epochs": 1, "seed": 0, "device": "cpu"}
MISFITS = [
    {"topic": "stats"},
    {"topic": "losses"},
    {"topic": "../secret"},
    {"result": {"loss": 1e999}},
    {"history": [{"epoch": 0}]},
    {"data_files": ["a"]},
    {"data_files": {"a": 1}},
    {"run": {}},
    {"history": []},
    {"history": [], "result": {"interrupted": True}},
    *({"config": PLAIN["config"] | each} for each in (
        {"epochs": -1},
        {"epochs": 10**400},
        {"lr": [1]},
        {"lr": "0.1"},
        {"lr": -1.0},
        {"recipe": "mine"},
        {"device": "toaster"},
        {"device": 3},
        {"optimizer": "__import__('os')"},
        {"seeds": 0},
        {"seed": 2**32},
        {"seed": 2**32 - 1, "seeds": 2},
    )),
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_damaged_document_is_one_line(cli, tmp_path, text):
    path = tmp_path / "document.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert "document.json" in failure(cli("reproduce", path))


@pytest.mark.parametrize("part", MISFITS, ids=lambda part: str(part)[:90])
def test_document_of_another_program_is_one_line(cli, tmp_path, part):
    path = tmp_path / "document.json"
    path.write_text(json.dumps(PLAIN))
    assert cli("reproduce", path).exit_code == 0
    path.write_text(json.dumps(PLAIN | part))
    assert "document.json" in failure(cli("reproduce", path))


def test_edited_without_a_new_checksum(cli, run):
    path = run / "run.json"
    path.write_text(path.read_text().replace('"epochs": 2', '"epochs": 3'))
    for given in (run, path):
        assert "checksum" in failure(cli("reproduce", given))


def test_nothing_runs_if_one_document_is_damaged(cli, run, tmp_path):
    (tmp_path / "empty").mkdir()
    for missing in (tmp_path / "empty", tmp_path / "none.json"):
        done = cli("reproduce", run, missing)
        assert str(missing) in failure(done)
        assert done.stdout == ""

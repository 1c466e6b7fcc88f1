"""verify: all quick claims, and that a claim fails when what it checks is broken."""

import json

import pytest
from rich.cells import cell_len

from ptnotes.events import Table
from ptnotes.verify import runner
from ptnotes.verify.claims import CLAIMS
from tests.test_cli import failure
from tests.verify.test_broken_subjects import without_floor

LINES_OF_THE_NOTES = 1156


def test_claims():
    assert len(CLAIMS) >= 60
    assert len({entry.id for entry in CLAIMS}) == len(CLAIMS)
    for entry in CLAIMS:
        assert 1 <= entry.line <= LINES_OF_THE_NOTES
        assert entry.statement
        assert entry.method.endswith(".")


def test_quick(verified):
    code, result = verified("--quick")
    rows = result["claims"]
    assert code == 0
    assert len(rows) >= 50
    assert result["failed"] == []
    assert result["holds"] + result["corrected"] == result["checked"] == len(rows)
    for claimed in rows:
        assert {"id", "line", "says", "measured", "verdict", "how", "section"} <= set(claimed)
        if claimed["verdict"] == "corrected":
            assert set(claimed["measured"]) == {"notes", "right"}
            assert claimed["right"]


def test_documents_keep_their_names(verified):
    """What scripts read: in this order, as they have always been."""
    _, result = verified("--only", "losses")
    counts = ["checked", "holds", "corrected", "fails", "errors", "failed", "wall_seconds"]
    assert list(result) == ["claims", *counts]
    described = ["section", "says", "right", "how", "needs", "seconds", "verdict", "line", "id"]
    for claimed in result["claims"]:
        expected = [*described, "measured"]
        assert list(claimed) == [name for name in expected if name != "right" or name in claimed]
    assert [claimed["id"] for claimed in result["claims"]] == [
        entry.id for entry in CLAIMS if entry.section == "losses"
    ]


def tables(events):
    return {event.title: event for event in events if isinstance(event, Table)}


OPTIONS = {"quick": True, "seed": 0, "device": "cpu", "threads": None, "data_dir": None}


def test_summary_and_corrections():
    found = tables(runner.run(only=["autograd", "losses"], shown="summary", **OPTIONS))
    assert [row[0] for row in found["Sections"].rows] == ["autograd", "losses"]
    claims = runner.select(["autograd", "losses"], quick=True)
    corrected = [each for each in claims if each.correction]
    counts = [int(cell or 0) for row in found["Sections"].rows for cell in row[1:]]
    assert sum(counts) == len(claims)
    assert sum(counts[1::3]) == len(corrected)
    words = found["Corrected"].rows
    assert [int(row[0]) for row in words if row[0]] == sorted(each.line for each in corrected)
    texts = {row[2] for row in words}
    assert {each.statement for each in corrected} <= texts
    assert {each.correction for each in corrected} <= texts
    assert "Not confirmed" not in found


def test_claims_that_fail_are_told_in_words(monkeypatch):
    monkeypatch.setattr("ptnotes.reference.output_size", without_floor)
    found = tables(runner.run(only=["output-size"], shown="summary", **OPTIONS))
    assert found["Not confirmed"].rows[0][0] == "636"
    assert "Corrected" not in found


def test_all_is_sorted_by_line():
    found = tables(runner.run(only=[], shown="all", **OPTIONS))
    lines = [int(row[0]) for row in found["Claims, by line"].rows if row[0]]
    assert lines == sorted(each.line for each in CLAIMS if each.needs == "nothing")


@pytest.mark.parametrize("width", [20, 60, 80, 300])
@pytest.mark.parametrize("options", [[], ["--all"], ["--list"]])
def test_tables_of_every_width(cli, width, options):
    done = cli("verify", "--quick", "--only", "losses", *options, env={"COLUMNS": str(width)})
    assert done.exit_code == 0
    assert max(cell_len(line) for line in done.stdout.splitlines() if "─" in line) <= width


def test_known_answers(row):
    """Figures that the checks compare with a computation, not with a number."""
    assert row("stride-two")["measured"]["output"] == [[211, 262], [251, 169]]
    assert row("max-pooling")["measured"]["output"] == [[4, 8], [9, 7]]
    assert row("tanh-as-logits")["measured"]["notes"]["lowest"] == pytest.approx(0.3408, abs=5e-4)


def test_section(verified):
    code, result = verified("--only", "losses")
    assert code == 0
    assert {claimed["section"] for claimed in result["claims"]} == {"losses"}
    assert len(result["claims"]) == len([entry for entry in CLAIMS if entry.section == "losses"])


@pytest.mark.parametrize(
    "arguments",
    [["--only", "bce-tabel"], ["--only", ""], ["--quick", "--only", "cnn-accuracy"]],
)
@pytest.mark.parametrize("listed", [[], ["--list"]])
def test_wrong_usage(cli, arguments, listed):
    done = cli("verify", *arguments, *listed)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_misspelt_name_gets_a_hint(cli):
    assert "bce-table" in cli("verify", "--only", "bce-tabel").stderr


def test_list_runs_no_check(cli, monkeypatch):
    monkeypatch.setattr("ptnotes.verify.runner.judge", None)
    done = cli("verify", "--list", env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert "bce-table" in done.stdout
    assert max(map(cell_len, done.stdout.splitlines())) <= 80
    listed = json.loads(cli("verify", "--list", "--json").stdout)["result"]["claims"]
    assert len(listed) == len(CLAIMS)
    assert {"id", "line", "says", "right", "how", "needs"} <= set(listed[0])


def test_missing_data(cli, tmp_path):
    assert "--data-dir" in failure(cli("verify", "--only", "mnist-counts", "--data-dir", tmp_path))


@pytest.mark.parametrize("entry", [e.id for e in CLAIMS if e.needs == "data"])
def test_claims_on_real_data(row, real_data, entry):
    assert row(entry, "--data-dir", real_data)["verdict"] in ("holds", "corrected")


@pytest.mark.parametrize(
    "entry",
    [
        "backward-finds-two",
        "linreg-finds-two",
        "logistic-weight-grows",
        "diabetes-learns-the-larger-class",
        "ohlol-is-luck",
        "ohlol-with-embedding",
        "mlp-accuracy",
    ],
)
@pytest.mark.slow
def test_trained_claims(row, real_data, entry):
    assert row(entry, "--data-dir", real_data)["verdict"] in ("holds", "corrected")


@pytest.mark.parametrize("shown", [[], ["--all"], ["--json"]])
def test_plot(cli, tmp_path, shown):
    path = tmp_path / "verdicts.svg"
    done = cli("verify", "--quick", "--only", "losses", "--plot", path, "--theme", "dark", *shown)
    assert done.exit_code == 0
    assert path.read_bytes().startswith(b"<?xml")


@pytest.mark.parametrize("arguments", [["--plot", "x.jpeg"], ["--list", "--plot", "x.png"]])
def test_plot_that_can_not_be_drawn(cli, arguments):
    done = cli("verify", "--quick", *arguments)
    assert done.exit_code == 2
    assert "--plot" in done.stderr
    assert done.stdout == ""

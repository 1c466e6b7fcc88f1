"""verify: all quick claims, and that a claim fails when what it checks is broken."""

import json

import numpy as np
import pytest
import torch
from rich.cells import cell_len
from torch import nn

from ptnotes import reference as formulas
from ptnotes.errors import DataError, DeviceError, DivergedError
from ptnotes.events import Table
from ptnotes.models import recurrent_cells as cells
from ptnotes.verify import runner
from ptnotes.verify.claims import CLAIMS
from ptnotes.verify.claims.claim import claim
from tests.test_cli import failure

LINES_OF_THE_NOTES = 1156


@pytest.fixture
def verified(cli):
    """``verified("--quick")`` → exit code, result."""

    def invoke(*arguments):
        done = cli("verify", *arguments, "--json", "--device", "cpu")
        return done.exit_code, json.loads(done.stdout)["result"]

    return invoke


@pytest.fixture
def row(verified):
    """``row("bce-table")`` → that claim's row."""

    def invoke(name, *arguments):
        code, result = verified("--only", name, *arguments)
        (only,) = result["claims"]
        assert code == (only["verdict"] in ("fails", "error"))
        return only

    return invoke


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


def swapped_gates(cell, x, h, c):
    i, f, g, o = (x @ cell.weight_ih.T + cell.bias_ih + h @ cell.weight_hh.T + cell.bias_hh).chunk(
        4, dim=1
    )
    c = torch.sigmoid(i) * c + torch.sigmoid(f) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def without_padding(layer, x):
    return nn.functional.conv2d(x, layer.weight, layer.bias, layer.stride)


def average_of_batches(batches):
    batches = list(batches)
    return np.mean([batch.mean() for batch in batches]), np.mean([b.std() for b in batches])


def without_floor(size, kernel, *, stride, padding, dilation):
    return (size + 2 * padding - kernel) / stride + 1


def overflowing(logits, targets):
    return formulas.cross_entropy_of_the_notes(logits, targets)


@pytest.mark.parametrize(
    ("target", "broken", "guards"),
    [
        ("ptnotes.models.recurrent_cells.lstm_cell", swapped_gates, ["lstm-gates"]),
        ("ptnotes.models.recurrent_cells.gru_cell", cells.gru_cell_of_the_notes, ["gru-update"]),
        (
            "torch.nn.Conv2d.forward",
            without_padding,
            ["padding-one", "inception-joins-88-channels"],
        ),
        ("ptnotes.reference.mean_and_std", average_of_batches, ["batches-are-not-pixels"]),
        ("ptnotes.reference.output_size", without_floor, ["output-size"]),
        ("ptnotes.reference.cross_entropy", overflowing, ["softmax-overflows"]),
        ("torch.nn.LogSoftmax.forward", lambda _, x: x.softmax(dim=1), ["cross-entropy-is-both"]),
        (
            "ptnotes.datasets.names.encode",
            lambda name: [ord(c) for c in name],
            ["names-beyond-ascii"],
        ),
        (
            "ptnotes.engine.loop.LossMeter.mean",
            lambda meter: meter.total,
            ["names-loss-is-too-small"],
        ),
        (
            "ptnotes.models.mnist.ResidualBlock.forward",
            lambda block, x: torch.relu(block.conv2(torch.relu(block.conv1(x)))),
            ["residual-adds-x"],
        ),
        (
            "ptnotes.reference.binary_cross_entropy",
            lambda y, y_hat: -y * np.log(y_hat),
            ["bce-table", "bce-of-the-batch"],
        ),
        ("torch.Tensor.item", lambda tensor: tensor, ["printing-the-loss"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_claim_is_not_confirmed_when_its_subject_is_broken(
    row, monkeypatch, target, broken, guards
):
    for guard in guards:
        assert row(guard)["verdict"] in ("holds", "corrected")
    monkeypatch.setattr(target, broken)
    for guard in guards:
        assert row(guard)["verdict"] in ("fails", "error")


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


def with_entry(monkeypatch, check):
    entry = claim(line=1, statement="nothing")(check)
    monkeypatch.setattr("ptnotes.verify.runner.CLAIMS", (CLAIMS[0], entry, CLAIMS[1]))


def test_check_that_raises_is_an_internal_error(cli, monkeypatch):
    """The notes are not what is wrong; the other claims are judged."""

    def wrong():
        """Raises."""
        raise ZeroDivisionError("by nothing")

    with_entry(monkeypatch, wrong)
    done = cli("verify", "--json")
    result = json.loads(done.stdout)["result"]
    assert [claimed["verdict"] for claimed in result["claims"]] == ["holds", "error", "holds"]
    assert (result["checked"], result["holds"], result["fails"]) == (3, 2, 0)
    assert (result["errors"], result["failed"]) == (1, [])
    assert "by nothing" in result["claims"][1]["measured"]["error"]
    assert "wrong" in failure(done)
    debugged = cli("verify", "--quiet", env={"PTNOTES_DEBUG": "1"})
    assert debugged.exit_code == 1
    assert "Traceback" in debugged.stderr


@pytest.mark.parametrize("error", [DataError("no such data"), DeviceError("no such device")])
def test_error_that_a_user_can_mend_ends_it(cli, monkeypatch, error):
    """What was judged before is reported."""

    def wrong():
        """Raises."""
        raise error

    with_entry(monkeypatch, wrong)
    done = cli("verify", "--json")
    assert str(error) in failure(done)
    result = json.loads(done.stdout)["result"]
    assert [claimed["id"] for claimed in result["claims"]] == [CLAIMS[0].id]
    assert (result["checked"], result["errors"]) == (1, 0)


def test_training_that_diverges_fails(cli, monkeypatch):
    def wrong():
        """Raises."""
        raise DivergedError("the loss is nan")

    with_entry(monkeypatch, wrong)
    done = cli("verify", "--json")
    assert json.loads(done.stdout)["result"]["failed"] == ["wrong"]
    assert "1 claim" in failure(done)


def test_interrupt_keeps_the_finished_claims(cli, monkeypatch):
    def interrupted():
        """Ctrl-C."""
        raise KeyboardInterrupt

    with_entry(monkeypatch, interrupted)
    done = cli("verify", "--json")
    assert done.exit_code == 130
    result = json.loads(done.stdout)["result"]
    assert result["interrupted"]
    assert [claimed["id"] for claimed in result["claims"]] == [CLAIMS[0].id]


def test_interrupt_shows_what_was_found(cli, monkeypatch):
    def interrupted():
        """Ctrl-C."""
        raise KeyboardInterrupt

    with_entry(monkeypatch, interrupted)
    done = cli("verify")
    assert done.exit_code == 130
    assert CLAIMS[0].section in done.stdout
    assert "checked" in done.stdout


def test_training_out_of_its_range_fails(row, small_data):
    judged = row("mlp-accuracy", "--data-dir", small_data)  # 640 digits are too few
    assert judged["verdict"] == "fails"
    assert judged["measured"]["test_accuracy"] < judged["measured"]["band"][0]
    assert row("mnist-counts", "--data-dir", small_data)["verdict"] == "fails"


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


def test_plot_of_what_was_judged_before_an_interrupt(cli, monkeypatch, tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with_entry(monkeypatch, interrupted)
    for options in ([], ["--json"]):
        path = tmp_path / f"{len(options)}.png"
        assert cli("verify", "--plot", path, *options).exit_code == 130
        assert path.exists()


@pytest.mark.parametrize("arguments", [["--plot", "x.jpeg"], ["--list", "--plot", "x.png"]])
def test_plot_that_can_not_be_drawn(cli, arguments):
    done = cli("verify", "--quick", *arguments)
    assert done.exit_code == 2
    assert "--plot" in done.stderr
    assert done.stdout == ""

"""Claims that fail, end with an error or are interrupted."""

import json

import pytest

from ptnotes.errors import DataError, DeviceError, DivergedError
from ptnotes.verify.claims import CLAIMS
from ptnotes.verify.claims.claim import claim
from tests.test_cli import failure


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


def test_plot_of_what_was_judged_before_an_interrupt(cli, monkeypatch, tmp_path):
    def interrupted():
        raise KeyboardInterrupt

    with_entry(monkeypatch, interrupted)
    for options in ([], ["--json"]):
        path = tmp_path / f"{len(options)}.png"
        assert cli("verify", "--plot", path, *options).exit_code == 130
        assert path.exists()

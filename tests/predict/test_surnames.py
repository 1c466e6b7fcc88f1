"""ptnotes predict with surnames."""

import errno
import io
import json
import os

import pytest

from tests.test_cli import failure


def test_waiting_for_the_terminal_is_said(cli, names_run, monkeypatch):
    monkeypatch.setattr("ptnotes.cli.predict._waits", lambda: True)
    done = cli("predict", names_run, input="Meyer\n")
    assert done.exit_code == 0
    assert "terminal" in done.stderr


def test_surnames(predicted, names_run):
    inputs = ["Müllerson", "Karnová", "Ilić", "习近平", "🙂", "O'Brien-Ωmega", "a" * 1000]
    found = predicted(names_run, *inputs)
    assert [each["input"] for each in found] == inputs
    assert [each["prediction"] for each in found[:3]] == ["Here", "There", "Elsewhere"]


def test_surnames_from_standard_input(predicted, cli, names_run):
    text = "\ufeffErikson\r\n\n  Nová  \nIlić\n"
    from_input = predicted(names_run, input=text)
    assert [each["input"] for each in from_input] == ["Erikson", "Nová", "Ilić"]
    assert [each["prediction"] for each in from_input] == ["Here", "There", "Elsewhere"]
    both = predicted(names_run, "Gerson", "-", input=text)
    assert [each["input"] for each in both] == ["Gerson", "Erikson", "Nová", "Ilić"]
    assert predicted(names_run, input="") == []


def test_surnames_that_are_none(mixed, names_run):
    """Each is reported in its place, and the others are predicted."""
    lines = [b"Ilson", b"M\xfcller", b"x" * 5000, b"Erikson", b"N\0o\0v\0", b"Karnov\xc3\xa1"]
    rows, line = mixed(names_run, "-", "", " ", "Ili\u0107", "a" * 1001, input=b"\n".join(lines))
    errors = [each.get("error", each.get("prediction")) for each in rows]
    assert errors[0] == "Here"
    assert "line 2 of standard input is not UTF-8" in errors[1]
    assert "line 3 of standard input is longer" in errors[2]
    assert errors[3] == "Here"
    assert "line 5 of standard input" in errors[4]
    assert errors[5] == "There"
    assert "empty" in errors[6]
    assert "empty" in errors[7]
    assert errors[8] == "Elsewhere"
    assert "1001 characters" in errors[9]
    assert "6 of 10" in line
    assert [each["input"] for each in rows[:2]] == ["Ilson", "M\ufffdller"]


def test_standard_input_that_never_ends(cli, names_run, monkeypatch):
    """As /dev/zero or a program gives it."""

    class Endless(io.RawIOBase):
        def readline(self, limit=-1):
            return self.line[:limit]

    endless = Endless()
    monkeypatch.setattr("typer.get_binary_stream", lambda _: endless)
    monkeypatch.setattr("ptnotes.predict.text_inputs.MAX_BYTES", 1_000_000)
    endless.line = b"x" * 10_000
    done = cli("predict", names_run)
    assert "2 of 2" in failure(done)
    assert "1 MB" in done.stdout
    endless.line = b"Ilson\n"
    monkeypatch.setattr("ptnotes.predict.command.MAX_ROWS", 2000)
    done = cli("predict", names_run, "--json")
    assert "first 2000" in failure(done)
    assert len(json.loads(done.stdout)["result"]) == 2000


def test_standard_input_that_is_a_directory(mixed, names_run, monkeypatch):
    class Directory(io.RawIOBase):
        def readline(self, limit=-1):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))

    monkeypatch.setattr("typer.get_binary_stream", lambda _: Directory())
    rows, _ = mixed(names_run, "Ilson", "-")
    assert "standard input can't be read" in rows[1]["error"]


def test_control_characters_do_not_reach_the_terminal(cli, predicted, names_run):
    name = "Mey\x1b[31mer\nWu"
    assert predicted(names_run, name)[0]["input"] == name
    text = cli("predict", names_run, name).stdout
    assert "\x1b" not in text
    assert r"Mey\x1b[31mer\nWu" in text


def test_closed_standard_input(cli, names_run, monkeypatch):
    """As a daemon has it."""

    def closed(_):
        raise RuntimeError("Was not able to determine binary stream for sys.stdin.")

    monkeypatch.setattr("typer.get_binary_stream", closed)
    assert cli("predict", names_run, "Meyer").exit_code == 0
    done = cli("predict", names_run)
    assert done.exit_code == 2
    assert "standard input" in done.stderr


def test_name_does_not_depend_on_the_batch(predicted, names_run):
    """The other names of the batch have no effect."""
    together = predicted(names_run, "Wu", "Abramovich-Nakamura", "Meyer")
    separate = [predicted(names_run, name)[0] for name in ("Wu", "Abramovich-Nakamura", "Meyer")]
    for one, other in zip(together, separate, strict=True):
        for part, same in zip(one["top"], other["top"], strict=True):
            assert part["label"] == same["label"]
            assert part["probability"] == pytest.approx(same["probability"], abs=1e-6)


def test_more_names_than_are_read_at_once(predicted, names_run):
    endings = [("son", "Here"), ("ová", "There"), ("ić", "Elsewhere")]
    expected = [(f"Nam{n}{end}", country) for n in range(1300) for end, country in endings]
    found = predicted(names_run, input="\n".join(name for name, _ in expected))
    assert [(each["input"], each["prediction"]) for each in found] == expected

"""How a command ends: exit codes of errors and signals, one line, a full or closed output."""

import errno
import json
import os
import signal
import subprocess
import sys
import threading
import warnings

import pytest

from ptnotes.errors import DataError, PtnotesWarning
from ptnotes.events import Header, Result
from tests.test_cli import failure


@pytest.fixture
def ending(cli, monkeypatch):
    """``ending(error)`` → what the command of a topic that ends with this error comes to."""

    def invoke(error, *options):
        def run(recipe, **_):
            yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=9)
            raise error

        monkeypatch.setattr("ptnotes.topics.linreg.run", run)
        return cli("linreg", *options)

    return invoke


@pytest.mark.parametrize(
    "error",
    [
        ValueError("of our own"),
        AssertionError(),
        MemoryError(),
        OSError(errno.EIO, os.strerror(errno.EIO)),
        PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/a/file"),
        BrokenPipeError(errno.EPIPE, "of a worker"),
    ],
)
def test_error_that_is_not_the_users(ending, monkeypatch, error):
    """One line, which blames neither the input nor the output; a traceback if it is asked for."""
    done = ending(error)
    line = failure(done)
    assert "the output" not in line
    assert str(getattr(error, "filename", None) or "") in line
    assert done.exit_code == 1
    monkeypatch.setenv("PTNOTES_DEBUG", "1")
    done = ending(error)
    assert done.exit_code == 1
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1] == line


def test_error_does_not_end_the_output(ending):
    """What was written before it is there."""
    done = ending(OSError(errno.EIO, os.strerror(errno.EIO)))
    assert "ptnotes linreg" in done.stdout


def test_warning_is_a_line(cli, monkeypatch):
    def run(recipe, **_):
        warnings.warn("mind the gap", PtnotesWarning, stacklevel=1)
        yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=0)
        yield Result({"weight": 2.0})

    monkeypatch.setattr("ptnotes.topics.linreg.run", run)
    for _ in range(2):  # not once per process only
        done = cli("linreg", "--json")
        assert done.exit_code == 0
        assert "ptnotes: mind the gap\n" in done.stderr
        assert json.loads(done.stdout)["result"] == {"weight": 2.0}


def raised(number):
    signal.raise_signal(number)
    yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=9)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_signal(cli, monkeypatch, name):
    number = getattr(signal, name, None) or pytest.skip(f"there is no {name} here")
    monkeypatch.setattr("ptnotes.topics.linreg.run", lambda recipe, **_: raised(number))
    assert cli("linreg").exit_code == 128 + number
    assert signal.getsignal(number) == signal.SIG_DFL
    signal.signal(number, signal.SIG_IGN)  # as nohup does
    try:
        assert "ptnotes linreg" in cli("linreg", "--json").stderr
    finally:
        signal.signal(number, signal.SIG_DFL)


def test_signal_whose_terminal_is_gone(cli, monkeypatch):
    """Then what is still to be written fails: the exit code is the signal's all the same."""

    def run(recipe, **_):
        yield Header("linreg", {"seed": 0, "device": "cpu"}, {"threads": 1}, rows=9)
        try:
            signal.raise_signal(signal.SIGTERM)
            yield Result({})
        except KeyboardInterrupt:
            raise DataError("the curve can't be drawn") from None

    monkeypatch.setattr("ptnotes.topics.linreg.run", run)
    assert cli("linreg").exit_code == 128 + signal.SIGTERM


def test_command_in_another_thread(cli):
    """Only the main thread can have signal handlers."""
    found = []
    thread = threading.Thread(target=lambda: found.append(cli("tensors")))
    thread.start()
    thread.join()
    assert found[0].exit_code == 0


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="a system without SIGPIPE")
@pytest.mark.parametrize("options", [(), ("--json", "--quiet")])
def test_reader_that_closes_the_pipe(options):
    """As it ends cat."""
    command = [sys.executable, "-m", "ptnotes", "data", "list", *options]
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 128 + signal.SIGPIPE
    assert done.stderr == b""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_output_to_a_full_disk():
    command = [sys.executable, "-m", "ptnotes", "data", "list"]
    with open("/dev/full", "wb") as output:
        done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert b"No space left on device" in done.stderr


def test_closed_output(monkeypatch):
    """``>&-``: there is no stream."""
    code = "import sys; sys.stdout = None; from ptnotes.cli import app; app(['data', 'list'])"
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no directory in use")
def test_current_directory_that_was_removed(tmp_path):
    code = "import os, sys; os.rmdir(os.getcwd()); from ptnotes.cli import app; app(['linreg'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, stderr=subprocess.PIPE, check=False
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["mnist", "--epoch", "3"], "--epochs"),
        (["mnist", "--arch", "cmm"], "inception"),
        (["mnst"], "mnist"),
        (["runs", "shaw"], "show"),
        (["predict"], "RUN"),
        (["--nothing"], "--nothing"),
    ],
)
def test_wrong_usage_says_what_there_is(cli, arguments, told):
    done = cli(*arguments)
    assert done.exit_code == 2
    assert told in done.stderr


def test_a_group_alone_shows_its_help(cli):
    done = cli("runs")
    assert "compare" in done.output
    assert "Error" not in done.output

"""Help and screens are shown in Chinese, whole."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ptnotes import language
from ptnotes.cli import app
from ptnotes.cli.help import PANELS
from ptnotes.language import lookup
from ptnotes.topics import TITLES
from ptnotes.verify.claims import CLAIMS
from tests.reproduce.test_again import OLD
from tests.test_language import GROUPS, HAN

KEPT = {
    *TITLES,
    *(each.section for each in CLAIMS),
    *("notes", "tuned", "train", "auto", "mnist", "fashion-mnist", "kmnist", "fp32", "sum", "run"),
    *("cnn", "rnn", "lstm", "gru", "cell", "layer", "embedding", "True", "False", "None", "cpu"),
    *("python", "torch", "torchvision", "numpy", "view", "logit", "logits", "pooling", "fc", "mp"),
    *("conv1", "conv2", "Linear", "Conv2d", "MaxPool2d", "ImageNet", "MNIST", "relu", "0 to 1"),
    *("pandas", "ptnotes"),
}


class Recorder:
    """In the place of ``lookup``: keeps what it was asked for, and whether it has that."""

    def __init__(self) -> None:
        self.found: dict[str, bool] = {}
        self._depth = 0  # a fill-in is looked up within the look-up of its text

    def __call__(self, text: str) -> str | None:
        self._depth += 1
        try:
            found = lookup.__wrapped__(text)
        finally:
            self._depth -= 1
        if not self._depth:
            self.found[text] = found is not None
        return found

    def untranslated(self) -> list[str]:
        """Of the texts that are words, those without a translation."""
        return [text for text, has in self.found.items() if not has and _is_words(text)]


def _is_words(text: str) -> bool:
    """Not numbers, code, Chinese, the names of options' values and of files."""
    if text in KEPT or re.search(f"[{HAN}_=\\[(/]", text):
        return False
    return re.search("[A-Za-z]{2}", text) is not None and not re.search(r"\w[.\d]\w", text)


@pytest.fixture
def recorder(monkeypatch) -> Recorder:
    recorder = Recorder()
    monkeypatch.setattr(language, "lookup", recorder)
    monkeypatch.setenv("COLUMNS", "120")
    return recorder


def show(*arguments: str) -> None:
    result = CliRunner().invoke(app, ["--lang", "zh", *arguments])
    assert result.exit_code == 0, result.output


def commands(command: Any = None, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command's words, that of no words first."""
    command = command or typer.main.get_command(app)
    yield path
    for name, each in getattr(command, "commands", {}).items():
        yield from commands(each, (*path, name))


def test_help_is_translated(recorder):
    for words in commands():
        show(*words, "--help")
    assert recorder.untranslated() == []
    asked = recorder.found.keys()
    for key in GROUPS["help"].keys() - PANELS.keys():
        pattern = re.compile(".+".join(map(re.escape, key.split("{}"))))
        assert any(map(pattern.fullmatch, asked)), f"no help has {key!r}"


def test_panels_of_commands_are_translated(recorder):
    show("--help")
    assert recorder.found.keys() >= PANELS.keys()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("linreg", "--epochs", "2", "--seeds", "2"),
        ("seq", "--epochs", "1"),
        ("losses",),
        ("tensors",),
        ("conv-demo",),
        ("rnn-demo",),
        ("verify", "--list"),
        ("verify", "--quick", "--only", "losses"),
        ("verify", "--only", "bce-table", "--all"),
        ("data", "list"),
        ("data", "verify", "--sample"),
        ("stats", "mnist", "--sample", "--workers", "1", "--compare"),
        ("stats", "mnist", "--sample", "--workers", "1", "--limit", "100"),
    ],
    ids=" ".join,
)
def test_screens_are_translated(recorder, arguments):
    show(*arguments)
    assert recorder.untranslated() == []


def test_screens_of_saved_runs_are_translated(recorder, tmp_path):
    first, second = str(tmp_path / "1"), str(tmp_path / "2")
    show("diabetes", "--sample", "--epochs", "1", "--out", first)
    show("diabetes", "--sample", "--epochs", "1", "--recipe", "tuned", "--out", second)
    for arguments in (["list"], ["show"], ["compare", first]):
        show("runs", *arguments, second)
    (tmp_path / "rows.csv").write_text("0,0,0,0,0,0,0,1")
    show("inspect", second, str(tmp_path / "rows.csv"))
    show("reproduce", first, str(OLD), "--tolerance", "0.02")
    show("runs", "export", first, "--to", "safetensors", "--out", str(tmp_path / "weights"))
    assert recorder.untranslated() == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("mnst",),
        ("nothing-like-it",),
        ("mnist", "--epoch", "3"),
        ("predict",),
        ("seq", "--cell", "x"),
    ],
)
def test_errors_of_typer_are_translated(arguments):
    done = CliRunner().invoke(app, ["--lang", "zh", *arguments])
    assert done.exit_code == 2
    assert re.search(f"[{HAN}]", done.stderr)

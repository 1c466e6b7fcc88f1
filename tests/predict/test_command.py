"""ptnotes predict: documents, tables, errors."""

import errno
import gzip
import io
import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ptnotes.datasets import mnist
from ptnotes.datasets.paths import sample_directory
from ptnotes.predict.images import FRAMES, center_in_frame
from ptnotes.predict.network import load
from tests.test_cli import failure

CPU = torch.device("cpu")


@pytest.fixture
def predicted(cli):
    """``predicted(run, …)`` → the result of the document."""

    def invoke(*arguments, **options):
        done = cli("predict", *arguments, "--json", **options)
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert list(document) == ["topic", "version", "config", "environment", "result"]
        for each in document["result"]:
            assert list(each) == ["input", "prediction", "top"]
            assert each["prediction"] == each["top"][0]["label"]
            assert len(each["top"]) <= 3
            shares = [part["probability"] for part in each["top"]]
            assert shares == sorted(shares, reverse=True)
            assert sum(shares) <= 1 + 1e-5
        return document["result"]

    return invoke


@pytest.fixture(scope="module")
def sample_run(run_of):
    return run_of(
        "mnist",
        "--sample",
        "--recipe",
        "tuned",
        "--epochs",
        "4",
        "--validation",
        "0.1",
        "--save-best",
    )


def agreement(predicted, run, images, directory, sizes):
    """Per size and polarity, the share of images classified as the network does without a file.

    ``images`` (N, 28, 28) are placed as in MNIST. They are saved as PNG, scaled, as they are and
    inverted.
    """
    document, network = load(run)
    config = document["config"]
    pixels = mnist.normalize(images, config["mean"], config["std"], CPU)
    with torch.inference_mode():
        want = network(pixels).argmax(dim=1).tolist()
    shares = {}
    for size in sizes:
        for inverted in (False, True):
            paths = []
            for index, image in enumerate(255 - images if inverted else images):
                path = directory / f"{size}-{inverted}-{index}.png"
                Image.fromarray(image.numpy()).resize((size, size)).save(path)
                paths.append(path)
            found = [int(each["prediction"]) for each in predicted(run, *paths)]
            right = sum(one == other for one, other in zip(found, want, strict=True))
            shares[size, inverted] = right / len(want)
    return shares


def test_digits_of_the_sample(predicted, sample_run, tmp_path):
    """Of 200 digits: 1.0 for the size of the set; for another size, where interpolation changes the
    pixels, 0.97 to 0.995 (4 seeds, each with torch's kernels for SSE4, AVX2 and AVX-512)."""
    digits = mnist.read(sample_directory(), "t10k")[0][:200].numpy()
    # the sample places its digits less exactly than MNIST: as they are, predict moves most of them
    placed = [center_in_frame(digit.astype(np.float32), FRAMES["mnist"]) for digit in digits]
    images = torch.from_numpy(np.stack(placed))
    shares = agreement(predicted, sample_run, images, tmp_path, (28, 100))
    assert min(shares[28, False], shares[28, True]) >= 0.99
    assert min(shares.values()) >= 0.95


@pytest.mark.slow
def test_digits_of_mnist(predicted, cli, real_data, tmp_path):
    run = tmp_path / "run"
    command = ["mnist", "--recipe", "tuned", "--data-dir", real_data, "--out", run]
    assert cli(*command).exit_code == 0
    images = mnist.read(real_data, "t10k")[0][:500]
    shares = agreement(predicted, run, images, tmp_path, (28, 100, 500))
    print(shares)
    assert min(shares.values()) >= 0.97


@pytest.fixture
def digit(tmp_path):
    image = mnist.read(sample_directory(), "t10k")[0][0]
    Image.fromarray(image.numpy()).resize((100, 100)).save(tmp_path / "digit.png")
    return tmp_path / "digit.png"


@pytest.fixture
def mixed(cli):
    """``mixed(run, …)`` → the rows of inputs of which some are bad, and the line on stderr."""

    def invoke(*arguments, **options):
        done = cli("predict", *arguments, "--json", **options)
        rows = json.loads(done.stdout)["result"]
        for row in rows:
            assert list(row) in (["input", "prediction", "top"], ["input", "error"])
        text = cli("predict", *arguments, "--quiet", **options)
        assert failure(text) == failure(done)
        assert len(text.stdout.splitlines()) == len(rows)
        return rows, failure(done)

    return invoke


def test_images_of_which_some_are_bad(cli, mixed, sample_run, digit, tmp_path):
    blank = tmp_path / "blank.png"
    Image.new("L", (30, 30), 200).save(blank)
    empty = tmp_path / "empty"
    empty.mkdir()
    inputs = [tmp_path / "none.png", digit, blank, empty, digit]
    rows, line = mixed(sample_run, *inputs)
    assert [each["input"] for each in rows] == [str(each) for each in inputs]
    assert ["error" in each for each in rows] == [True, False, True, True, False]
    assert "No such file" in rows[0]["error"]
    assert "one tone" in rows[2]["error"]
    assert "3 of 5" in line
    rows, line = mixed(sample_run, blank)
    assert "1 of 1" in line
    text = cli("predict", sample_run, *inputs).stdout
    assert text.count("prediction") == 1
    assert "No such file" in text


def test_show(cli, sample_run, digit):
    lines = cli("predict", sample_run, digit, "--show").stdout.splitlines()
    blocks = [line for line in lines if len(line) == 56 and set(line) <= set(" ░▒▓█")]
    assert len(blocks) == 28
    assert any("█" in line for line in blocks)
    done = cli("predict", sample_run, digit, digit, "--show", env={"COLUMNS": "200"})
    kinds = [
        "picture" if "█" in line else "row" if f"{digit}  " in line else "titles"
        for line in done.stdout.splitlines()
        if "█" in line or f"{digit}  " in line or "top three" in line
    ]
    groups = [kind for kind, _ in itertools.groupby(kinds)]
    assert groups == ["titles", "row", "picture", "row", "picture"]
    shown = cli("predict", sample_run, digit, "--show", "--json")
    assert json.loads(shown.stdout)["result"][0]["input"] == str(digit)
    assert "█" in shown.stderr


def test_quiet_leaves_the_predictions(cli, sample_run, digit):
    done = cli("predict", sample_run, digit, digit, "--quiet")
    (label,) = {line.strip() for line in done.stdout.splitlines()}
    assert label in "0123456789"
    assert len(done.stdout.splitlines()) == 2


def test_folders_and_patterns(predicted, sample_run, digit, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("b.png", "a.PNG", "c.txt"):
        shutil.copy(digit, folder / name)
    found = [Path(each["input"]).name for each in predicted(sample_run, folder)]
    assert found == ["a.PNG", "b.png"]
    assert len(predicted(sample_run, folder / "[b]*.png", digit)) == 2


def test_patterns_of_folders(predicted, mixed, sample_run, digit, tmp_path):
    for name in ("one", "two"):
        (tmp_path / "all" / name).mkdir(parents=True)
        shutil.copy(digit, tmp_path / "all" / name / "a.png")
    for pattern in ("**/*.png", "**", "*", "t*/../*"):
        assert len(predicted(sample_run, tmp_path / "all" / pattern)) == 2, pattern
    (tmp_path / "empty").mkdir()
    rows, _ = mixed(sample_run, tmp_path / "empty", tmp_path / "none*.png", digit)
    assert "no images" in rows[0]["error"]
    assert ["error" in each for each in rows] == [True, True, False]


def test_folder_that_is_not_readable(mixed, sample_run, digit, tmp_path, monkeypatch):
    def refused(_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("os.listdir", refused)
    rows, _ = mixed(sample_run, tmp_path, digit)
    assert ["error" in each for each in rows] == [True, False]


def test_two_digits_in_an_image(cli, sample_run, digit, tmp_path):
    """They are predicted as one, and it is said."""
    one = np.asarray(Image.open(digit))
    Image.fromarray(np.hstack([one, one])).save(tmp_path / "two.png")
    done = cli("predict", sample_run, tmp_path / "two.png", digit, "--json")
    assert done.exit_code == 0
    two, single = json.loads(done.stdout)["result"]
    assert list(two) == ["input", "prediction", "top", "figures"]
    assert two["figures"] == 2
    assert "figures" not in single
    done = cli("predict", sample_run, tmp_path / "two.png", digit)
    (line,) = (line for line in done.stdout.splitlines() if "2 separate" in line)
    assert "two.png" in line
    done = cli("predict", sample_run, tmp_path / "two.png", "--quiet")
    assert done.stdout.split() == [two["prediction"]]


@pytest.mark.parametrize(
    ("environment", "pictures"),
    [
        ({"COLORTERM": "truecolor"}, "▀"),
        ({"NO_COLOR": "1"}, "█"),
        ({"TERM": "dumb"}, "█"),
    ],
)
def test_preview_on_a_terminal(cli, sample_run, digit, environment, pictures):
    """Half blocks and bars where they can be shown, else shades."""
    env = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "NO_COLOR": None} | environment
    shown = cli("predict", sample_run, digit, "--show", env=env).stdout
    assert pictures in shown
    assert ("▀" in shown) == (pictures == "▀")
    if pictures == "▀":
        assert "\x1b[38;2;255;255;255" in shown


def test_waiting_for_the_terminal_is_said(cli, names_run, monkeypatch):
    monkeypatch.setattr("ptnotes.cli.predict._waits", lambda: True)
    done = cli("predict", names_run, input="Meyer\n")
    assert done.exit_code == 0
    assert "terminal" in done.stderr


def test_best_epoch(predicted, cli, sample_run, run_of, digit):
    assert predicted(sample_run, digit, "--best")
    done = cli("predict", run_of("names", "--epochs", "2"), "Meyer", "--best")
    assert done.exit_code == 2
    assert "--save-best" in done.stderr


@pytest.fixture
def names_run(run_of):
    return run_of("names", "--epochs", "8", "--batch-size", "50")


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


def test_rows_of_features(predicted, mixed, run_of, tmp_path):
    run = run_of("diabetes", "--epochs", "2")
    row = "-0.29,0.49,0.18,-0.29,0.00,0.00,-0.53,-0.03"
    path = tmp_path / "rows.csv"
    (tmp_path / "good.csv").write_text(row)
    path.write_text(f"a,b,c,d,e,f,g,h\n{row}\n\n{row},1\n")
    found = predicted(run, path)
    assert [each["input"] for each in found] == [f"{path}:2", f"{path}:4"]
    assert found[0]["top"] == found[1]["top"]
    assert {part["label"] for part in found[0]["top"]} == {"0", "1"}
    assert predicted(run, "-", input=row)[0]["input"] == "-:1"
    for text, named in (
        ("1,2,3", "3 columns where 8"),
        (row.replace("0.49", "x"), "'x' is not a number"),
        (row.replace("0.49", "nan"), "'nan' is not a number"),
        (row.replace("0.49", "1_0"), "'1_0' is not a number"),
        (row.replace("0.49", "1e39"), "too large"),
        (row.replace(",", " "), "1 columns where 8"),
        ("", "no row"),
        ("\x00", "rows.csv"),
    ):
        path.write_text(text)
        (bad, *good), line = mixed(run, path, tmp_path / "good.csv")
        assert bad["input"] == str(path)
        assert named in bad["error"]
        assert len(good) == 1
        assert "1 of 2" in line
    path.write_bytes(f"{row}\n{row}\n".encode() + b"\xff\xfe")
    (bad,), _ = mixed(run, path)
    assert "rows.csv, line 3: not UTF-8" in bad["error"]
    path.write_text(f"\n\nü,b,c,d,e,f,g,h\n{row}\n", encoding="utf-8")
    assert predicted(run, path)[0]["input"] == f"{path}:4"


def test_table_that_fills_the_memory(mixed, run_of, tmp_path, monkeypatch):
    """It is small only while it is compressed."""
    monkeypatch.setattr("ptnotes.predict.text_inputs.MAX_BYTES", 100_000)
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 1_000_000))
    (bad,), _ = mixed(run_of("diabetes", "--epochs", "2"), path)
    assert "split it" in bad["error"]


def test_inputs_that_do_not_fit_the_run(cli, run_of, sample_run, names_run, tmp_path):
    for arguments, named in (
        ([run_of("linreg", "--epochs", "4"), "1"], "run of linreg"),
        ([sample_run], "name the files"),
        ([names_run, "Wu", "--show"], "--show"),
    ):
        done = cli("predict", *arguments)
        assert done.exit_code == 2
        assert named in done.stderr
    assert "holds no run" in failure(cli("predict", tmp_path, "x.png"))


def test_classes_of_fashion(cli, predicted, small_data, digit, tmp_path):
    from ptnotes.datasets.mnist import CLASS_NAMES, FOLDERS

    shutil.copytree(small_data / "MNIST", tmp_path / FOLDERS["fashion-mnist"])
    command = ["mnist", "--data", "fashion-mnist", "--epochs", "1", "--data-dir", tmp_path]
    assert cli(*command, "--out", tmp_path / "run").exit_code == 0
    assert predicted(tmp_path / "run", digit)[0]["prediction"] in CLASS_NAMES["fashion-mnist"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_files_that_are_none(mixed, predicted, sample_run, run_of, digit, tmp_path):
    """Without a writer, opening a pipe would wait for ever; a shell's <(program) has one."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "empty").mkdir()
    bad = [tmp_path / "pipe", tmp_path / "zero", tmp_path / "loop", tmp_path / "empty"]
    rows, _ = mixed(sample_run, *bad, digit)
    assert ["error" in each for each in rows] == [True] * 4 + [False]
    diabetes = run_of("diabetes", "--epochs", "2")
    rows, line = mixed(diabetes, bad[0], *bad[2:])
    assert "3 of 3" in line
    read, write = os.pipe()
    os.write(write, b"0,0,0,0,0,0,0,0\n")
    os.close(write)
    assert len(predicted(diabetes, f"/dev/fd/{read}")) == 1
    os.close(read)


def test_terminal_of_another_encoding(names_run, sample_run, monkeypatch):
    """As with LC_ALL=C: ASCII alone, and arguments and names of files decoded with surrogates."""
    from ptnotes.cli import app

    def predict(*arguments):
        out, err = (
            io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors=errors)
            for errors in ("surrogateescape", "backslashreplace")
        )
        monkeypatch.setattr("sys.stdout", out)
        monkeypatch.setattr("sys.stderr", err)
        given = [str(each).encode().decode("ascii", "surrogateescape") for each in arguments]
        try:
            app(["predict", *given], standalone_mode=False)
        finally:
            monkeypatch.undo()
            out.flush()
            err.flush()
        return out.buffer.getvalue().decode("ascii"), err.buffer.getvalue().decode("ascii")

    out, _ = predict(names_run, "Müllerson", "习近平")
    assert len(out.splitlines()) == 5
    found = json.loads(predict(names_run, "Müllerson", "习近平", "--json")[0])["result"]
    assert [each["input"] for each in found] == ["Müllerson", "习近平"]
    out, line = predict(sample_run, "ü.png")
    assert "No such file" in out
    assert "1 of 1" in line

"""ptnotes predict: documents, tables, errors."""

import gzip
import io
import json

from tests.test_cli import failure


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

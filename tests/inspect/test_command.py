"""ptnotes inspect: documents, tables, figures."""

import json
import shutil

import numpy as np
import pytest
import torch

import ptnotes
from ptnotes.datasets import mnist
from ptnotes.errors import DataError, UsageError
from ptnotes.language import set_language
from ptnotes.predict.network import load
from tests.inspect.conftest import NAME, NAMES


def probabilities(cli, run, given):
    """What predict says of an input: label → probability, of the three most probable."""
    (found,) = json.loads(cli("predict", run, given, "--json").stdout)["result"]
    return {each["label"]: each["probability"] for each in found["top"]}


def as_pairs(objects):
    return {each["label"]: each["probability"] for each in objects}


def contents(run):
    return {path.name: path.read_bytes() for path in run.iterdir()}


@pytest.mark.parametrize("recipe", ["tuned", pytest.param("notes", marks=pytest.mark.slow)])
@pytest.mark.parametrize("arch", ["mlp", "cnn", "inception", "resnet"])
def test_networks_for_digits(inspected, run_of, arch, recipe):
    options = ("--arch", arch, "--recipe", recipe, "--epochs", "1")
    run = run_of("mnist", *options)
    result = inspected(run)
    assert (
        result["parameters"] == json.loads((run / "run.json").read_text())["result"]["parameters"]
    )
    assert result["layers"][-1]["output"] == [10]
    assert "values" not in result["layers"][0]
    assert "mean" not in result["layers"][0]


def test_image(inspected, cli, digits, digit):
    before = contents(digits)
    result = inspected(digits, digit)
    assert contents(digits) == before
    shares = as_pairs(result["probabilities"])
    assert len(shares) == 10
    for label, share in probabilities(cli, digits, digit).items():
        assert shares[label] == pytest.approx(share, abs=1e-6)
    assert result["prediction"] == next(iter(shares))
    assert np.shape(result["image"]) == np.shape(result["gradient_input"]) == (28, 28)
    assert np.shape(result["filters"]["values"]) == (10, 5, 5)
    assert all("values" not in each for each in result["layers"])


def test_maps_are_those_of_hooks(inspected, digits, digit):
    result = inspected(digits, digit, "--maps")
    document, network = load(digits)
    seen = {}
    for name in ("conv1", "conv2", "fc"):
        network.get_submodule(name).register_forward_hook(
            lambda _, inputs, output, name=name: seen.update({name: output[0]})
        )
    config = document["config"]
    images = torch.tensor([result["image"]], dtype=torch.uint8)
    with torch.no_grad():
        network(mnist.normalize(images, config["mean"], config["std"], torch.device("cpu")))
    for layer in result["layers"]:
        values = np.array(layer["values"])
        assert list(values.shape) == layer["output"]
        assert layer["mean"] == pytest.approx(values.mean(), abs=1e-6)
        assert (layer["min"], layer["max"]) == (values.min(), values.max())
        assert layer["zero_share"] == (values == 0).mean()
        if layer["layer"] in seen:
            assert np.allclose(values, seen.pop(layer["layer"]).numpy(), atol=1e-6)
    assert not seen


def test_weights_of_a_linear_layer_are_many(inspected, run_of, digit):
    run = run_of("mnist", "--arch", "mlp", "--epochs", "1")
    assert inspected(run)["filters"] == {"layer": "l1", "shape": [512, 28, 28]}
    assert len(inspected(run, digit, "--maps")["filters"]["values"]) == 512


def test_surname(inspected, cli, surnames):
    result = inspected(surnames, f" {NAME}\n")
    assert [each["prefix"] for each in result["characters"]] == [
        NAME[:end] for end in range(1, len(NAME) + 1)
    ]
    for each in result["characters"]:
        assert sum(as_pairs(each["probabilities"]).values()) == pytest.approx(1, abs=1e-5)
    last = as_pairs(result["characters"][-1]["probabilities"])
    for label, share in probabilities(cli, surnames, NAME).items():
        assert last[label] == pytest.approx(share, abs=1e-6)
        assert as_pairs(result["probabilities"])[label] == share
    assert [each["character"] for each in result["embedding"]["points"]][:2] == ["a", "b"]
    gru = next(each for each in result["layers"] if each["layer"] == "gru")
    assert gru["output"] == [len(NAME), 200]


def test_example_of_a_surname(inspected, surnames):
    result = inspected(surnames)
    assert result["layers"][0]["output"] == [len("Yamamoto"), 100]
    assert "characters" not in result


def test_row(inspected, cli, run_of, rows):
    run = run_of("diabetes", "--epochs", "2")
    result = inspected(run, rows)
    assert [each["value"] for each in result["features"]] == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    )
    assert result["features"][0]["gradient_input"] == 0
    third = inspected(run, f"{rows}:3")
    assert [each["value"] for each in third["features"]] == [*[1] * 7, -1]
    predicted = json.loads(cli("predict", run, rows, "--json").stdout)["result"]
    for row, found in zip(predicted, (result, third), strict=True):
        assert found["prediction"] == row["prediction"]
        assert found["probability"] == pytest.approx(row["top"][0]["probability"], abs=1e-6)


@pytest.mark.parametrize("topic", ["linreg", "logistic", "seq", "diabetes"])
def test_topics_without_an_input(inspected, run_of, topic):
    run = run_of(topic, "--epochs", "2")
    result = inspected(run)
    assert (
        result["parameters"] == json.loads((run / "run.json").read_text())["result"]["parameters"]
    )


def test_best_weights(inspected, run_of, digit):
    """Of a version that kept them apart."""
    first, second = run_of("mnist", "--epochs", "2"), run_of("mnist", "--epochs", "1")
    shutil.copy(second / "model.pt", first / "best.pt")
    try:
        best = inspected(first, digit, "--best")["probability"]
        assert best == inspected(second, digit)["probability"]
        assert best != inspected(first, digit)["probability"]
    finally:
        (first / "best.pt").unlink()


@pytest.mark.parametrize(
    ("language", "theme", "ending"),
    [("zh", "dark", "png"), pytest.param("en", "light", "svg", marks=pytest.mark.slow)],
)
def test_figures(cli, run_of, digit, rows, tmp_path, language, theme, ending):
    runs = [
        (run_of("mnist", "--epochs", "1"), digit),
        (run_of(*NAMES), NAME),
        (run_of("diabetes", "--epochs", "2"), rows),
    ]
    path = tmp_path / f"x.{ending}"
    for run, given in [*runs, *((run, None) for run, _ in runs)]:
        options = ["--plot", path, "--theme", theme, "--quiet", "--lang", language]
        done = cli("inspect", run, *([given] if given else []), *options)
        assert done.exit_code == 0, done.stderr
        assert path.read_bytes().startswith(b"\x89PNG" if ending == "png" else b"<?xml")
        path.unlink()
    set_language(None)


@pytest.mark.parametrize("width", ["60", "80", "120"])
def test_table_fits(cli, run_of, digit, width):
    run = run_of("mnist", "--arch", "inception", "--epochs", "1")
    done = cli("inspect", run, digit, env={"COLUMNS": width})
    assert max(map(len, done.stdout.splitlines())) <= int(width)
    for word in ("incep1.branch5x5_2", "1,382,400", "88×12×12"):
        assert word in done.stdout


def test_columns_that_there_is_room_for(cli, digits, digit):
    narrow, wide = (
        cli("inspect", digits, digit, env={"COLUMNS": width}).stdout for width in ("60", "120")
    )
    assert "zeros" not in narrow
    assert "zeros" in wide


def test_quiet(cli, digits):
    done = cli("inspect", digits, "--quiet")
    assert done.stdout.splitlines()[0].split() == ["parameters", "8490"]


def test_in_python(run_of, digit):
    run = ptnotes.load(run_of("mnist", "--epochs", "1"))
    table = run.inspect()
    assert table["parameters"].sum() == run.result["parameters"]
    assert list(table["layer"][:2]) == ["conv1", "pooling"]
    assert {"mean", "zero_share"} <= set(run.inspect(digit).columns)
    with pytest.raises(TypeError):
        run.inspect(5)
    with pytest.raises(DataError, match=r"none\.png"):
        run.inspect("none.png")
    with pytest.raises(UsageError, match="backward"):
        ptnotes.load(run_of("backward", "--epochs", "2")).inspect()

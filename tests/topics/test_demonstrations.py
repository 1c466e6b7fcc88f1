"""losses, tensors, conv-demo, rnn-demo: the known answers, computed."""

import json

import pytest
import torch

from ptnotes.cli.topics import Part
from ptnotes.errors import UsageError
from ptnotes.topics import conv_demo

DEMONSTRATIONS = ["losses", "tensors", "conv-demo", "rnn-demo"]


@pytest.fixture
def result(cli):
    def invoke(*arguments):
        done = cli(*arguments, "--json")
        assert done.exit_code == 0, done.stderr
        document = json.loads(done.stdout)
        assert list(document) == ["topic", "version", "config", "environment", "result"]
        assert document["topic"] == arguments[0]
        return document["result"]

    return invoke


@pytest.mark.parametrize("command", DEMONSTRATIONS)
def test_tables_fit_a_terminal(cli, command):
    done = cli(command, env={"COLUMNS": "80"})
    assert done.exit_code == 0
    assert done.stdout.count("───") >= 4
    assert max(map(len, done.stdout.splitlines())) <= 80
    quiet = cli(command, "--quiet")
    assert quiet.exit_code == 0
    assert "───" not in quiet.stdout
    assert quiet.stdout != ""


def test_losses(result):
    found = result("losses")
    assert found["cross_entropy"] == pytest.approx(0.9729, abs=5e-5)
    assert found["two_predictions"] == pytest.approx([0.4966, 1.2389], abs=5e-5)
    assert found["bce_mean"] == pytest.approx(0.8483, abs=5e-5)
    assert found["largest_difference"] <= 1e-7
    assert sum(found["probabilities"][0]) == pytest.approx(1)


def test_losses_of_ones_own(result):
    found = result("losses", "--logits", "-1,2,0.5; 1000,0,-1000", "--target", "1,2")
    expected = torch.nn.functional.cross_entropy(
        torch.tensor([[-1, 2, 0.5], [1000, 0, -1000]], dtype=torch.float64),
        torch.tensor([1, 2]),
        reduction="none",
    ).tolist()
    assert found["losses"]["numpy"] == pytest.approx(expected)
    assert found["losses"]["log_softmax_nll_loss"] == pytest.approx(expected)
    assert found["losses"]["numpy_as_in_the_notes"][1] is None  # it overflows


def test_tensors(result):
    found = result("tensors")
    assert list(found["views"].values()) == [[3, 4], [2, 6], [4, 3], [2, 2, 3]]
    assert all(found["refused"].values())
    assert found["storage"]["written_through_view"] == 100
    assert found["storage"]["view_of_transposed"] is not None
    assert found["storage"]["reshape_of_transposed"] == [100, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]
    assert found["grad"]["before_backward"] is None
    assert found["grad"]["after_backward"] == -2  # 2·1·(1·1 - 2)
    assert found["grad"]["after_a_second_backward"] == -4
    assert 0 < found["max_error"] < 1e-6
    assert all(trip["same_pixels"] for trip in found["round_trip"].values())


def test_conv_demo(result):
    found = result("conv-demo")
    assert found["output_size"] == found["torch_output_size"] == [24, 24]
    assert found["channels"]["output"] == [1, 10, 98, 98]
    assert found["channels"]["weight"] == [10, 5, 3, 3]
    assert found["padding"][0] == [91, 168, 224, 215, 127]
    assert found["stride"] == [[211, 262], [251, 169]]
    assert found["max_pooling"] == [[4, 8], [9, 7]]
    assert found["inception"]["torch.cat(dim=1)"] == [1, 88, 12, 12]
    assert found["residual"]["adds_up"]
    assert found["flattened"] == {"mlp": 32, "cnn": 320, "inception": 1408, "resnet": 512}


@pytest.mark.parametrize(
    ("part", "names"),
    [
        (
            "size",
            ["output_size", "torch_output_size", "agrees_with_torch", "torch_computed_on"],
        ),
        *((part, [part]) for part in ("channels", "padding", "stride", "inception", "residual")),
        ("pooling", ["max_pooling"]),
        ("shapes", ["flattened", "shapes"]),
    ],
)
def test_part_of_conv_demo(result, part, names):
    found = result("conv-demo", "--only", part)
    assert list(found) == names
    whole = result("conv-demo")
    assert {name: whole[name] for name in names} == found


def test_parts_of_conv_demo(cli, result):
    """The command's choices are the lesson's, and their order is that of the document."""
    parts = [part for name in reversed(conv_demo.PARTS) for part in ("--only", name)]
    assert list(result("conv-demo", *parts)) == list(result("conv-demo"))
    assert set(Part) == set(conv_demo.PARTS)
    assert cli("conv-demo", "--only", "dilation").exit_code == 2
    with pytest.raises(UsageError, match="dilation"):
        list(conv_demo.run(only=["dilation"]))


def test_conv_demo_of_ones_own(result):
    options = ["--kernel", "4", "--stride", "3", "--padding", "2", "--dilation", "2"]
    found = result("conv-demo", "--input", "30x17", *options)
    assert found["output_size"] == [10, 5]  # ⌊(30 + 4 - 6 - 1) / 3⌋ + 1, ⌊(17 + 4 - 7) / 3⌋ + 1
    assert found["agrees_with_torch"]


def test_huge_convolution_takes_no_memory(result):
    found = result("conv-demo", "--input", "90000x90000", "--kernel", "900")
    assert found["torch_output_size"] == found["output_size"] == [89101, 89101]
    assert found["torch_computed_on"] == "meta"


def test_rnn_demo(result):
    found = result("rnn-demo", "--seed", "4")
    assert [step["hidden_shape"] for step in found["steps"]] == [[1, 2]] * 3
    assert found["largest_difference"] <= 1e-6
    assert found["difference_of_the_notes_gru"] > 0.01
    widest = next(r for r in found["shapes"] if r["layers"] == 2 and r["directions"] == 2)
    assert widest["output"][-1] == 4
    assert widest["hidden"] == [4, 5, 2]
    for row in found["shapes"]:  # batch_first never applies to the hidden state
        assert row["hidden"] == [row["layers"] * row["directions"], 5, 2]
    assert found["parameters"]["lstm"] == 4 * found["parameters"]["rnn"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["losses", "--logits", "a,b"],
        ["losses", "--logits", ""],
        ["losses", "--logits", "1,,2"],
        ["losses", "--logits", "1,inf"],
        ["losses", "--logits", "1,nan"],
        ["losses", "--logits", "1,2;3"],
        ["losses", "--target", "3"],
        ["losses", "--target", "-1"],
        ["losses", "--target", "x"],
        ["losses", "--target", "0,1"],
        ["conv-demo", "--kernel", "29"],
        ["conv-demo", "--kernel", "15", "--dilation", "2"],
        ["conv-demo", "--kernel", "0"],
        ["conv-demo", "--stride", "0"],
        ["conv-demo", "--padding", "-1"],
        ["conv-demo", "--dilation", "0"],
        ["conv-demo", "--input", "28"],
        ["conv-demo", "--input", "0x28"],
        ["rnn-demo", "--seed", "-1"],
    ],
)
def test_wrong_usage(cli, arguments):
    done = cli(*arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if line.startswith("ptnotes: ")]
    assert len(said) == 1

"""Each lesson's own picture, drawn from documents of real runs, and of runs that lack something."""

import copy
import json
import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

from ptnotes import language
from ptnotes.language import set_language
from ptnotes.plots import grids, heatmap, regression
from ptnotes.plots.figure import save
from ptnotes.plots.pictures import PICTURES, picture
from ptnotes.plots.theme import THEMES, drawn
from ptnotes.topics import backward as backward_topic
from ptnotes.topics import conv_demo, linreg, logistic, seq
from tests.test_language_on_screen import Recorder

COMMANDS = {
    "backward": ["backward", "--epochs", "3"],
    "linreg": ["linreg", "--recipe", "tuned", "--epochs", "40"],
    "logistic": ["logistic", "--epochs", "20"],
    "losses": ["losses"],
    "conv-demo": "conv-demo --only size --only padding --only stride --only pooling".split(),
    "rnn-demo": ["rnn-demo"],
    "seq": ["seq"],
    "verify": ["verify", "--quick", "--only", "losses", "--only", "autograd"],
}


@pytest.fixture(scope="module")
def documents():
    from typer.testing import CliRunner

    from ptnotes.cli import app

    found = {}
    for topic, arguments in COMMANDS.items():
        done = CliRunner().invoke(app, [*arguments, "--json"])
        assert done.exit_code == 0, done.stderr
        found[topic] = json.loads(done.stdout)
    return found


def texts_of(figure):
    from matplotlib.text import Text

    return [each.get_text() for each in figure.findobj(Text) if each.get_text()]


def line_of(axes, label):
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return np.transpose(found.get_data())


def test_the_points_are_those_of_the_lessons():
    assert regression.X.tolist() == backward_topic.X_DATA == linreg.X_DATA[:, 0].tolist()
    assert regression.X.tolist() == logistic.X_DATA[:, 0].tolist()
    assert regression.Y.tolist() == backward_topic.Y_DATA == linreg.Y_DATA[:, 0].tolist()
    assert regression.PASSED.tolist() == logistic.Y_DATA[:, 0].tolist()
    assert grids.FIVE_BY_FIVE.tolist() == conv_demo.FIVE_BY_FIVE
    assert grids.KERNEL.tolist() == conv_demo.KERNEL
    assert grids.FOUR_BY_FOUR.tolist() == conv_demo.FOUR_BY_FOUR
    assert (heatmap.ALPHABET, heatmap.OHLOL) == (seq.ALPHABET, seq.TARGET)
    assert [heatmap.ALPHABET.index(each) for each in heatmap.HELLO] == seq.X_DATA.tolist()


@pytest.mark.parametrize("topic", COMMANDS)
@pytest.mark.parametrize(("theme", "spoken"), [*zip(THEMES, language.LANGUAGES, strict=True)])
def test_every_theme_and_language(documents, topic, theme, spoken, tmp_path, recwarn):
    """A picture of a column's width, whose title names the run; nothing warns."""
    set_language(spoken)
    try:
        figure = drawn(theme, picture, documents[topic])
        figure.savefig(tmp_path / "x.png")
        save(figure, tmp_path / "x.svg")
    finally:
        set_language(None)
    assert not recwarn.list
    assert 4 < figure.get_figwidth() <= 6
    assert figure.get_suptitle().startswith(topic)


@pytest.mark.parametrize("topic", COMMANDS)
def test_texts_are_translated(documents, topic, monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(language, "lookup", recorder)
    monkeypatch.setenv("PTNOTES_LANG", "zh")
    drawn("light", picture, documents[topic])
    drawn("light", picture, documents[topic] | {"history": [], "result": {}})
    assert len(recorder.found) > 1
    assert recorder.untranslated() == []


@pytest.mark.parametrize("topic", COMMANDS)
def test_texts_stay_in_the_figure(documents, topic):
    figure = drawn("light", picture, documents[topic])
    figure.draw_without_rendering()
    for axes in figure.axes:
        box = axes.get_tightbbox()
        assert -1 <= box.x0 and box.x1 <= figure.bbox.x1 + 1
        assert -1 <= box.y0 and box.y1 <= figure.bbox.y1 + 1


@pytest.mark.parametrize("topic", COMMANDS)
def test_documents_that_lack_something(documents, topic, tmp_path):
    """As of an interrupted run, of one without an epoch, and of an older version."""
    whole = documents[topic]
    part = copy.deepcopy(whole)
    part["result"] = {"interrupted": True}
    empty = {name: whole[name] for name in ("topic", "config")} | {"history": []}
    without_fields = copy.deepcopy(whole)
    for row in without_fields.get("history", []):
        row.pop("w", None), row.pop("weight", None), row.pop("train_loss", None)
    older = copy.deepcopy(whole)
    for name in ("hidden", "losses", "differences", "bce_table"):
        older["result"].pop(name, None)
    for number, document in enumerate((part, empty, without_fields, older)):
        save(drawn("dark", picture, document), tmp_path / f"{number}.png")


def test_path_of_backward(documents):
    document = documents["backward"]
    (data, loss) = drawn("light", picture, document).axes
    weights = [row["w"] for row in document["history"]] + [document["result"]["weight"]]
    path = line_of(loss, "path")
    assert path[:, 0].tolist() == weights
    for w, height in path:
        mean = sum((w * x - 2 * x) ** 2 for x in (1, 2, 3)) / 3
        assert height == pytest.approx(mean)
    assert line_of(data, f"end: ŷ = {weights[-1]:.2f}·x")[-1] == pytest.approx([4, 4 * weights[-1]])


def test_path_of_linreg(documents):
    """Momentum takes it past the minimum, and no point of it lies outside."""
    document = documents["linreg"]
    (_, loss) = drawn("light", picture, document).axes
    rows = [(row["weight"], row["bias"]) for row in document["history"]]
    path = [tuple(point) for point in line_of(loss, "path")]
    assert path[0] == rows[0]
    assert set(path) <= set(rows)
    assert len(path) > len(rows) / 2
    assert line_of(loss, "end").tolist() == [[*rows[-1]]]
    (left, right), (low, high) = loss.get_xlim(), loss.get_ylim()
    assert all(left < w < right and low < b < high for w, b in rows)
    assert max(w for w, _ in rows) > 2 > min(w for w, _ in rows)


def test_contours_are_levels_of_the_loss(documents):
    (_, loss) = drawn("light", picture, documents["linreg"]).axes
    (contours,) = [each for each in loss.collections if hasattr(each, "levels")]
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        for w, b in path.vertices[::25]:
            mean = sum((w * x + b - 2 * x) ** 2 for x in (1, 2, 3)) / 3
            assert mean == pytest.approx(level, rel=0.25, abs=0.01)


@pytest.mark.parametrize("topic", ["backward", "linreg"])
@pytest.mark.parametrize("highest", [1e3, 1e38, 1e200])
def test_a_run_that_diverges(documents, topic, highest, tmp_path):
    """The axes show its first steps; what is far away takes no memory and warns of nothing."""
    document = copy.deepcopy(documents[topic])
    document["result"] = {}
    rows = document["history"][:9]
    for number, row in enumerate(rows):
        name = "w" if topic == "backward" else "weight"
        row[name] = 2 + (-1) ** number * highest ** (number / 8)
        row["bias"] = 0.1
    document["history"] = rows
    figure = drawn("light", picture, document)
    left, right = figure.axes[1].get_xlim()
    assert -10 < left < 2 < right < 14
    for ending in ("png", "svg", "pdf"):
        save(figure, tmp_path / f"x.{ending}")


@pytest.mark.parametrize("topic", ["backward", "linreg", "logistic"])
@pytest.mark.parametrize("epochs", [1, 10_000])
def test_long_and_short_runs(documents, topic, epochs, tmp_path):
    """Points that can't be told apart are drawn once; a single epoch has a picture too."""
    row = documents[topic]["history"][0]
    distances = 0.99 ** np.arange(epochs)
    rows = [
        row | {"epoch": epoch, "w": 2 - left, "weight": 2 - left, "bias": left}
        for epoch, left in enumerate(distances.tolist(), start=1)
    ]
    figure = drawn("light", picture, documents[topic] | {"history": rows, "result": {}})
    save(figure, tmp_path / "x.svg")
    assert f"epoch {epochs:,}" in figure.get_suptitle()
    if topic != "logistic":
        axes = figure.axes[1]
        path = line_of(axes, "path")
        width = np.ptp([axes.get_xlim(), axes.get_ylim()], axis=1)
        steps = np.abs(np.diff(path, axis=0)) / width
        assert len(path) == 1 if epochs == 1 else 50 < len(path) < 200
        assert (steps.max(axis=1) > 1 / regression.STEPS).all()
    assert (tmp_path / "x.svg").stat().st_size < 300_000


def test_boundary_and_weight_of_logistic(documents):
    document = documents["logistic"]
    data, growth = drawn("light", picture, document).axes
    weight, bias = document["history"][-1]["weight"], document["history"][-1]["bias"]
    sigmoid = np.transpose(data.lines[2].get_data())
    for x, p in sigmoid[::40]:
        assert p == pytest.approx(1 / (1 + math.exp(-weight * x - bias)))
    assert growth.get_xscale() == "log"
    drawn_weights = growth.lines[0].get_ydata()
    assert drawn_weights.tolist() == [row["weight"] for row in document["history"]]
    document = copy.deepcopy(document)
    document["history"][-1] |= {"weight": 2.0, "bias": -5.0}
    data, _ = drawn("light", picture, document).axes
    assert [line for line in data.lines if line.get_xdata()[0] == 2.5]


def test_logistic_says_whether_there_is_an_optimum(documents):
    document = copy.deepcopy(documents["logistic"])
    assert any("no optimum" in text for text in texts_of(picture(document)))
    document["config"]["weight_decay"] = 0.01
    assert not any("no optimum" in text for text in texts_of(picture(document)))


def points_of(axes):
    marked = [line for line in axes.lines if line.get_marker() in ("o", "^")]
    return [tuple(np.transpose(line.get_data())[0]) for line in marked]


def test_samples_of_losses(documents):
    result = documents["losses"]["result"]
    cross, binary = drawn("light", picture, documents["losses"]).axes
    p = result["probabilities"][0][0]
    assert points_of(cross) == [(p, pytest.approx(-math.log(p)))]
    table = {(row["y_hat"], row["loss"]) for row in result["bce_table"]}
    assert set(points_of(binary)) == table


def test_losses_of_many_classes_and_samples(documents, tmp_path):
    """A loss beyond the axis is marked at its edge; many samples aren't labelled each."""
    likely = [[1e-5] * 999 + [0.99001]]
    never = [[1.0] + [0.0] * 999]
    document = copy.deepcopy(documents["losses"])
    document["config"]["targets"] = 21 * [999]
    document["result"]["probabilities"] = 20 * likely + never
    losses = 20 * [-math.log(0.99001)] + [1e300]
    document["result"] |= {"cross_entropy": 1e299, "losses": {"cross_entropy_loss": losses}}
    figure = drawn("light", picture, document)
    cross = figure.axes[0]
    assert len(points_of(cross)) == 21
    assert points_of(cross)[-1] == (0, cross.get_ylim()[1])
    assert len(cross.texts) == 0
    save(figure, tmp_path / "x.png")


def boxes(axes, filled):
    return [
        (*each.get_xy(), each.get_width(), each.get_height())
        for each in axes.patches
        if isinstance(each, Rectangle) and bool(each.get_facecolor()[3]) == filled
    ]


def test_windows_of_the_convolution(documents):
    padding, stride, _ = drawn("light", picture, documents["conv-demo"]).axes
    assert boxes(padding, filled=True) == [(0, 1, 3, 3)]
    assert boxes(stride, filled=True) == [(0, 1, 3, 3), (2, 1, 3, 3)]
    numbers = [text.get_text() for text in padding.texts]
    output = documents["conv-demo"]["result"]["padding"]
    flat = [str(value) for row in output for value in row]
    assert len([each for each in numbers if each.isdecimal()]) == 49 + 9 + 25
    assert [each for each in numbers if each in flat][-25:] == flat


@pytest.mark.parametrize("row", [0, 1])
def test_the_products_add_up(documents, row):
    axes = drawn("light", picture, documents["conv-demo"]).axes[row]
    (said,) = [text.get_text() for text in axes.texts if " + " in text.get_text()]
    total, products = said.split(" = ")
    pairs = [each.split("·") for each in products.split(" + ")]
    assert sum(int(one) * int(other) for one, other in pairs) == int(total)


@pytest.mark.parametrize(
    "options",
    [
        {"input": "5x9", "kernel": "5"},
        {"input": "1x1", "kernel": "1"},
        {"input": "64x48", "kernel": "3", "stride": "2", "padding": "1", "dilation": "2"},
        {"input": "3000x2000", "kernel": "100", "dilation": "3"},
    ],
)
def test_own_sizes(cli, options, tmp_path):
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    done = cli("conv-demo", "--only", "size", *arguments, "--json")
    found = json.loads(done.stdout)
    figure = drawn("light", picture, found)
    (axes,) = figure.axes
    height, width = found["result"]["output_size"]
    assert f"→ {height}×{width}" in axes.texts[0].get_text()
    assert len(axes.patches) < 100
    save(figure, tmp_path / "x.svg")
    assert (tmp_path / "x.svg").stat().st_size < 200_000


def test_only_parts_without_a_picture(cli, tmp_path):
    done = cli("conv-demo", "--only", "residual", "--json")
    save(drawn("light", picture, json.loads(done.stdout)), tmp_path / "x.png")


def test_states_of_rnn_demo(documents):
    result = documents["rnn-demo"]["result"]
    states, differences = drawn("light", picture, documents["rnn-demo"]).axes
    heat = states.images[0].get_array()
    assert heat[:, 0].tolist() == [0, 0]
    assert heat[:, 1:].T.tolist() == [step["hidden"] for step in result["steps"]]
    widths = [bar.get_width() for bar in differences.patches]
    assert widths == [max(heatmap.EXACT, each) for each in result["differences"].values()]
    colours = [to_hex(bar.get_facecolor()) for bar in differences.patches]
    assert colours.count(colours[0]) == 4  # the notes' GRU is another cell


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize(
    ("via", "options", "size"),
    [
        ("cell", [], 4),
        ("layer", [], 4),
        ("embedding", [], 8),
        ("cell", ["--recipe", "tuned"], 8),
        ("layer", ["--recipe", "tuned"], 8),
    ],
)
def test_states_of_seq(document, cell, via, options, size):
    """A state for every character, and the probabilities that gave the text."""
    found = document("seq", "--cell", cell, "--via", via, "--epochs", "2", *options)
    hidden, likely, loss = drawn("light", picture, found).axes
    result = found["result"]
    assert np.shape(result["hidden"]) == (5, size)
    assert np.max(np.abs(result["hidden"])) <= 1
    assert hidden.images[0].get_array().T.tolist() == result["hidden"]
    assert [text.get_text() for text in hidden.get_xticklabels()] == list("hello")
    assert [text.get_text() for text in likely.get_xticklabels()] == list(result["text"])
    assert np.sum(result["probabilities"], axis=1) == pytest.approx(np.ones(5))
    most = np.argmax(result["probabilities"], axis=1)
    assert "".join(seq.ALPHABET[index] for index in most) == result["text"]
    assert loss.lines[0].get_ydata().tolist() == [r["train_loss"] for r in found["history"]]


def test_without_a_head_the_state_is_the_logits(documents):
    result = documents["seq"]["result"]
    powers = np.exp(result["hidden"])
    softmax = powers / powers.sum(axis=1, keepdims=True)
    assert softmax == pytest.approx(np.array(result["probabilities"]), abs=1e-6)


def test_texts_of_seq(documents):
    """What the network said, where it changed; the last change is always there."""
    history = [
        {"epoch": epoch, "train_loss": 1 / epoch, "text": f"{epoch // 2:05}"}
        for epoch in range(1, 42)
    ]
    figure = picture(documents["seq"] | {"history": history})
    said = [text.get_text() for text in figure.axes[-1].texts]
    assert said[0] == "00020"
    assert len(said) == len(set(said)) <= heatmap.TEXTS
    frames = [each for each in figure.axes[1].patches if not each.get_fill()]
    assert len(frames) == 5


def test_verdicts_by_section(documents):
    document = copy.deepcopy(documents["verify"])
    claims = document["result"]["claims"]
    claims[0]["verdict"], claims[1]["verdict"] = "fails", "error"
    (axes,) = drawn("light", picture, document).axes
    sections = [text.get_text() for text in axes.get_yticklabels()]
    assert sections == ["autograd", "losses"]
    bars = dict(zip(("holds", "corrected", "fails", "error"), axes.containers, strict=True))
    for verdict, container in bars.items():
        for section, bar in zip(sections, container, strict=True):
            counted = [
                claim
                for claim in claims
                if (claim["section"], claim["verdict"]) == (section, verdict)
            ]
            assert bar.get_width() == len(counted)
    ends = [bar.get_x() + bar.get_width() for bar in bars["error"]]
    assert ends == [sum(claim["section"] == each for claim in claims) for each in sections]


def test_titles_with_signs(documents, tmp_path):
    """A recipe of a file may hold what isn't plain text."""
    document = copy.deepcopy(documents["linreg"])
    document["config"]["recipe"] = "$x^{$ <img> " + 200 * "long"
    for ending in ("png", "svg"):
        save(drawn("dark", picture, document), tmp_path / f"x.{ending}")


def test_every_picture_is_tested():
    assert set(PICTURES) - set(COMMANDS) == {"names"}


@pytest.mark.parametrize(
    "wrong",
    [
        *("x", [[0.5] * 9000] * 5),
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in (None, [], 7, [[1, 2], [3]], [["a"]] * 5, [[0.1]] * 5)
        ),
    ],
)
def test_documents_of_another_program(documents, wrong, tmp_path):
    """What a saved run's check lets through: any value in the result and the configuration."""
    for name in ("hidden", "probabilities", "text", "weight"):
        for topic in ("seq", "backward"):
            document = copy.deepcopy(documents[topic])
            document["result"][name] = wrong
            save(drawn("light", picture, document), tmp_path / "x.png")
    for topic in ("linreg", "logistic"):
        document = copy.deepcopy(documents[topic])
        document["config"] |= {"lr": str(wrong), "weight_decay": str(wrong)}
        document["history"][-1]["weight"] = str(wrong)
        save(drawn("light", picture, document), tmp_path / "x.png")

"""Each lesson's own picture, drawn from documents of real runs, and of runs that lack something."""

import copy

import pytest

from ptnotes import language
from ptnotes.language import set_language
from ptnotes.plots import grids, heatmap, regression
from ptnotes.plots.figure import save
from ptnotes.plots.pictures import PICTURES, picture
from ptnotes.plots.theme import THEMES, drawn
from ptnotes.topics import backward as backward_topic
from ptnotes.topics import conv_demo, linreg, logistic, seq
from tests.plots.documents import COMMANDS
from tests.test_language_on_screen import Recorder


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


def test_titles_with_signs(documents, tmp_path):
    """A recipe of a file may hold what isn't plain text."""
    document = copy.deepcopy(documents["linreg"])
    document["config"]["recipe"] = "$x^{$ <img> " + 200 * "long"
    for ending in ("png", "svg"):
        save(drawn("dark", picture, document), tmp_path / f"x.{ending}")


def test_every_picture_is_tested():
    assert set(PICTURES) - set(COMMANDS) == {"names", "reproduce"}


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

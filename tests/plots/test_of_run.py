"""The figures that a command writes."""

import json
import shutil

import matplotlib.figure
import pytest
from PIL import Image

import ptnotes
from ptnotes.errors import PtnotesWarning
from ptnotes.events import EpochRow, Header
from ptnotes.plots import figure as figures
from ptnotes.plots import of_run
from ptnotes.plots.pictures import PICTURES
from ptnotes.plots.theme import GROUNDS
from tests.plots.test_figure import installed

FAST = {
    **{topic: (topic,) for topic in ("losses", "conv-demo", "rnn-demo")},
    **{topic: (topic, "--epochs", "3") for topic in ("backward", "linreg", "logistic", "seq")},
    "diabetes": ("diabetes", "--sample", "--epochs", "2"),
    "names": ("names", "--sample", "--epochs", "1"),
    "mnist": ("mnist", "--sample", "--epochs", "1", "--arch", "mlp"),
}


def corner(path):
    with Image.open(path) as image:
        return "#{:02X}{:02X}{:02X}".format(*image.convert("RGB").getpixel((0, 0)))


@pytest.mark.parametrize("topic", FAST)
def test_every_lesson_has_a_picture(cli, tmp_path, topic):
    path = tmp_path / "x.png"
    done = cli(*FAST[topic], "--plot", path, "--theme", "dark", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["topic"] == topic
    assert corner(path) == GROUNDS["dark"]


def test_a_lesson_without_one(cli, tmp_path):
    assert "tensors" not in PICTURES
    assert cli("tensors", "--plot", tmp_path / "x.png").exit_code == 2
    with pytest.raises(TypeError, match="plot"):
        ptnotes.events("tensors", plot=tmp_path / "x.png")


@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_formats(cli, tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    assert cli("losses", "--plot", path).exit_code == 0
    assert path.read_bytes().startswith({"svg": b"<?xml", "pdf": b"%PDF"}[ending])


@pytest.mark.parametrize("command", [("losses",), ("linreg", "--epochs", "1", "--seeds", "2")])
def test_a_file_that_can_not_be_drawn_to(cli, tmp_path, command):
    """Noticed before the work."""
    assert cli(*command, "--plot", tmp_path / "x.txt").exit_code == 2
    assert cli(*command, "--plot", tmp_path / "nowhere" / "x.png").exit_code == 1
    assert not any(tmp_path.iterdir())


def test_seeds(cli, tmp_path):
    """Their document is the same with a figure as without."""
    command = ("linreg", "--epochs", "3", "--seeds", "3", "--json")
    plain, drawn = cli(*command), cli(*command, "--plot", tmp_path / "x.svg")
    assert drawn.exit_code == 0, drawn.stderr
    assert (tmp_path / "x.svg").exists()
    one, other = ({**json.loads(each.stdout)["result"]} for each in (plain, drawn))
    for each in (one, other):
        assert each.keys() == one.keys()
        assert all("rows" not in run for run in each["runs"])


def test_an_interrupted_run_is_drawn_as_far_as_it_goes(tmp_path):
    def events():
        yield Header("mnist", {"recipe": "notes", "seed": 0}, {}, rows=2)
        yield EpochRow(1, 0.5, test_accuracy=0.5)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(of_run.with_plots(events(), plot=tmp_path / "x.png", matrix=tmp_path / "y.png"))
    assert [each.name for each in tmp_path.iterdir()] == ["x.png"]


def test_interrupted_before_the_first_epoch_or_seed(tmp_path):
    def events(config):
        yield Header("linreg", config, {})
        raise KeyboardInterrupt

    for config in ({"seed": 0}, {"seed": 0, "seeds": 2}):
        with pytest.raises(KeyboardInterrupt):
            list(of_run.with_plots(events(config), plot=tmp_path / "x.png"))
    assert not any(tmp_path.iterdir())


@pytest.mark.slow
def test_saved_runs_and_comparisons_have_a_theme(cli, tmp_path):
    for name, seed in (("a", 0), ("b", 1)):
        done = cli(*FAST["mnist"], "--seed", seed, "--out", tmp_path / name, "--theme", "dark")
        assert done.exit_code == 0, done.stderr
    for name in ("curve", "confusion", "mistakes"):
        assert corner(tmp_path / "a" / f"{name}.png") == GROUNDS["dark"]
    shown = ("--plot", tmp_path / "p.png", "--confusion", tmp_path / "c.png")
    assert cli("runs", "show", tmp_path / "a", *shown).exit_code == 0
    assert corner(tmp_path / "p.png") == corner(tmp_path / "c.png") == GROUNDS["light"]
    both = (tmp_path / "a", tmp_path / "b", "--plot", tmp_path / "both.png")
    assert cli("runs", "compare", *both, "--theme", "dark").exit_code == 0
    assert corner(tmp_path / "both.png") == GROUNDS["dark"]


def test_in_python(tmp_path):
    run = ptnotes.train("linreg", epochs=2, quiet=True, theme="dark", plot=tmp_path / "x.png")
    assert corner(tmp_path / "x.png") == GROUNDS["dark"]
    assert isinstance(run.plot(theme="dark"), matplotlib.figure.Figure)
    assert run.plot("dark")._repr_png_() != run.plot()._repr_png_()
    for draw in (run.plot, lambda theme: ptnotes.events("linreg", theme=theme)):
        with pytest.raises(ValueError, match="theme"):
            draw(theme="blue")


@pytest.mark.parametrize(
    "topic",
    [
        *("mnist", "linreg"),
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in FAST
            if each not in ("mnist", "linreg")
        ),
    ],
)
def test_chinese(cli, tmp_path, topic, monkeypatch, recwarn):
    """With a font no letter is missing; without one the figure is English and stderr says so."""
    path = tmp_path / "x.svg"
    warned = []
    save = matplotlib.figure.Figure.savefig

    def warning(figure, *arguments, **options):
        save(figure, tmp_path / "again.png")  # outside of what silences matplotlib
        warned.append(figure)
        return save(figure, *arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr("ptnotes.plots.figure._silent", figures.contextlib.nullcontext)
        patch.setattr("matplotlib.figure.Figure.savefig", warning)
        if installed:
            done = cli("--lang", "zh", *FAST[topic], "--plot", path)
            assert done.exit_code == 0 and warned, done.stderr
            assert "CJK" not in done.stderr
        patch.setattr("ptnotes.plots.figure.CJK_FONTS", ())
        figures._warn_of_fonts.cache_clear()
        done = cli("--lang", "zh", *FAST[topic], "--plot", path)
        figures._warn_of_fonts.cache_clear()
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("fonts-noto-cjk") == 1
    assert not [each for each in recwarn.list if not issubclass(each.category, PtnotesWarning)]


def test_more_runs_than_a_figure_holds(cli, tmp_path):
    """Said before the table; nothing is written."""
    ptnotes.train("linreg", epochs=1, quiet=True, out=tmp_path / "0")
    for number in range(1, 31):
        shutil.copytree(tmp_path / "0", tmp_path / str(number))
    runs = [tmp_path / str(number) for number in range(31)]
    path = tmp_path / "x.png"
    done = cli("runs", "compare", *runs, "--plot", path)
    assert (done.exit_code, done.stdout) == (2, "") and "30" in done.stderr and not path.exists()
    assert cli("runs", "compare", *runs[:30], "--plot", path).exit_code == 0 and path.exists()

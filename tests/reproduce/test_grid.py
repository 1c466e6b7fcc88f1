"""Experiments read, checked, and the runs that they take."""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.errors import DataError, UsageError
from ptnotes.reproduce import experiment, grid
from ptnotes.topics import LESSONS, TRAINED


@pytest.fixture
def cells_of(tmp_path):
    def found(text, **options):
        path = tmp_path / "x.toml"
        path.write_text(text, encoding="utf-8")
        return grid.cells(experiment.read(path), **options)

    return found


def test_grid(cells_of):
    cells = cells_of(
        'seeds = 2\n[[run]]\ntopic = "mnist"\narch = ["mlp", "cnn"]\nlr = [0.1, 0.2]\nepochs = 3\n'
        '[[run]]\nname = "long"\ntopic = "seq"\nepochs = 9\nvia = ["cell", "layer"]\nseeds = [5, 3]'
    )
    assert [each.name for each in cells] == [
        *("mnist-mlp-lr-0.1-epochs-3", "mnist-mlp-lr-0.2-epochs-3"),
        *("mnist-cnn-lr-0.1-epochs-3", "mnist-cnn-lr-0.2-epochs-3"),
        *("long-cell", "long-layer"),
    ]
    assert [each.seeds for each in cells] == [(0, 1)] * 4 + [(5, 3)] * 2
    assert cells[3].options == {"arch": "cnn", "lr": 0.2, "epochs": 3}
    directories = [task.directory for task in grid.tasks(cells, Path("out"))]
    assert directories[:2] == [Path("out", cells[0].name, f"seed-{each}") for each in (0, 1)]
    assert len(set(directories)) == 12


AXES = {
    "epochs": st.integers(1, 10**6),
    "lr": st.floats(1e-9, 1e3),
    "momentum": st.floats(0, 1),
    "arch": st.sampled_from(["mlp", "cnn", "inception", "resnet"]),
    "recipe": st.sampled_from(["notes", "tuned"]),
    "batch_size": st.integers(1, 10**4),
}


@given(data=st.data())
def test_any_grid(tmp_path_factory, data):
    names = data.draw(st.lists(st.sampled_from(sorted(AXES)), unique=True))
    axes = {
        name: data.draw(st.lists(AXES[name], min_size=1, max_size=3, unique=True)) for name in names
    }
    seeds = data.draw(st.integers(1, 4))
    lines = [f"{name} = {values!r}".replace("'", '"') for name, values in axes.items()]
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(["[[run]]", 'topic = "mnist"', f"seeds = {seeds}", *lines]))
    cells = grid.cells(experiment.read(path))
    tasks = grid.tasks(cells, Path("out"))
    assert len(cells) == math.prod(map(len, axes.values()))
    assert len({task.directory for task in tasks}) == len(cells) * seeds
    assert {tuple(each.options.items()) for each in cells} == {
        tuple(zip(axes, values, strict=True)) for values in _combinations([*axes.values()])
    }


def _combinations(lists):
    if not lists:
        return [()]
    return [(each, *rest) for each in lists[0] for rest in _combinations(lists[1:])]


def test_sample_and_seeds(cells_of):
    text = (
        '[[run]]\ntopic = "mnist"\ndata = ["mnist", "kmnist"]\nseeds = [7]\n'
        'expect = { test_accuracy = "> 0.9" }\n[[run]]\ntopic = "seq"\nexpect = { solved = "== 1" }'
    )
    digits, hello = cells_of(text, sample=True, seeds=3)
    assert (digits.options, digits.seeds) == ({"data": "sample"}, (0, 1, 2))
    assert (digits.expectations, digits.measures) == ((), ("test_accuracy",))
    assert (hello.options, hello.seeds) == ({}, (2, 3, 4))  # the recipe's own seed first
    assert hello.expectations
    assert [each.name for each in cells_of(text)] == ["mnist-mnist", "mnist-kmnist", "seq"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("\nepochs = 3\n[[run]]\ntopic = 'seq'", 2),
        ("title = 3\n[[run]]\ntopic = 'seq'", 1),
        ("out = ''\n[[run]]\ntopic = 'seq'", 1),
        ("seeds = 0\n[[run]]\ntopic = 'seq'", 1),
        ("seeds = [1, 1]\n[[run]]\ntopic = 'seq'", 1),
        ("title = 'x'", 1),
        ("run = 3", 1),
        ("[run]\ntopic = 'seq'", 1),
        ("[[run]]\nlr = 1", 1),
        ("[[run]]\ntopic = 'mnits'", 2),
        ("[[run]]\ntopic = ['seq']", 2),
        ("[[run]]\ntopic = 'losses'", 2),
        ("[[run]]\ntopic = 'seq'\n\nlrr = 1", 4),
        ("[[run]]\ntopic = 'seq'\nlr = [\n0.1,\n-1]", 3),
        ("[[run]]\ntopic = 'seq'\nlr = nan", 3),
        ("[[run]]\ntopic = 'seq'\nlr = []", 3),
        ("[[run]]\ntopic = 'seq'\nlr = { a = 1 }", 3),
        ("[[run]]\ntopic = 'seq'\ncell = 'gruu'", 3),
        ("[[run]]\ntopic = 'seq'\ncell = [['gru']]", 3),
        ("[[run]]\ntopic = 'seq'\nepochs = 1979-05-27", 3),
        ("[[run]]\ntopic = 'seq'\nout = 'x'", 3),
        ("[[run]]\ntopic = 'mnist'\ndata_dir = 'x'", 3),
        ("[[run]]\ntopic = 'mnist'\nsave_best = 1", 3),
        ("[[run]]\ntopic = 'seq'\nseed = [1, 2]", 3),
        ("[[run]]\ntopic = 'seq'\nseeds = 2\nseed = 1", 4),
        ("[[run]]\ntopic = 'seq'\nseeds = 2.5", 3),
        ("[[run]]\ntopic = 'seq'\nseeds = [-1]", 3),
        ("[[run]]\ntopic = 'seq'\nseeds = 2\nname = 'a/b'", 4),
        ("[[run]]\ntopic = 'seq'\nname = '..'", 3),
        ("[[run]]\ntopic = 'seq'\nname = 3", 3),
        ("[[run]]\ntopic = 'seq'\nmeasures = ['test_accuracy']", 3),
        ("[[run]]\ntopic = 'seq'\nmeasures = 'solved'", 3),
        ("[[run]]\ntopic = 'seq'\nexpect = 3", 3),
        ("[[run]]\ntopic = 'seq'\n[run.expect]\nsolvd = '== 1'", 4),
        ("[[run]]\ntopic = 'seq'\n[run.expect]\nsolved = 1", 4),
        ("[[run]]\ntopic = 'seq'\n[[run]]\ntopic = 'seq'", 3),
        ("[[run]]\ntopic = 'seq'\n[[run]]\nname = 'SEQ'\ntopic = 'linreg'", 3),
        ("[[run]]\ntopic = 'seq'\n[[run]]\ntopic = 'linreg'\nseeds = 10000", 3),
        ("[[run]]\ntopic = 'seq'\nseed = 4294967296", 3),
    ],
)
def test_errors_name_file_and_line(text, line, cells_of):
    with pytest.raises(UsageError) as caught:
        cells_of(text)
    assert f"x.toml, line {line}: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[[run]\n", "a = 1\na = 2", "x = " + 5000 * "["])
def test_no_toml(text, cells_of):
    with pytest.raises(UsageError, match="is no TOML"):
        cells_of(text)


def test_files_that_cannot_be_read(tmp_path, monkeypatch):
    (tmp_path / "latin.toml").write_bytes(b'title = "\xe9"')
    (tmp_path / "large.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(UsageError, match="UTF-8"):
        experiment.read(tmp_path / "latin.toml")
    with pytest.raises(DataError, match="too large"):
        experiment.read(tmp_path / "large.toml")
    for missing in (tmp_path / "notes.toml", tmp_path / "x.toml"):  # shipped only by its bare name
        with pytest.raises(DataError, match=r"notes\.toml, tuned\.toml"):
            experiment.read(missing)
    (tmp_path / "notes.toml").write_text('[[run]]\ntopic = "seq"')
    monkeypatch.chdir(tmp_path)
    assert len(experiment.read(Path("notes.toml")).entries) == 1  # one's own comes first


@pytest.mark.parametrize("name", ["notes", "tuned"])
@pytest.mark.parametrize("sample", [False, True])
def test_shipped_experiments(name, sample):
    assert f"{name}.toml" in experiment.shipped()
    cells = grid.cells(experiment.read(Path(f"{name}.toml")), sample=sample)
    assert {each.topic for each in cells} == set(TRAINED)
    assert all(each.options.get("recipe", "notes") == name for each in cells)
    for topic in TRAINED:
        for command in LESSONS[topic].commands:
            assert any(
                each.topic == topic and command.settings().items() <= each.options.items()
                for each in cells
            ), command
    judged = {each.topic for each in cells if each.expectations}
    assert judged == ({"backward", "linreg", "logistic", "seq"} if sample else set(TRAINED))

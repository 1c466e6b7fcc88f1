"""The command line in a document makes the same run, and the digests are those of the files."""

import hashlib
import json
import shlex
from dataclasses import fields

import pytest
import typer

import ptnotes
from ptnotes.cli import app
from ptnotes.datasets.digests import is_same_content
from ptnotes.datasets.manifest import data_sets
from ptnotes.provenance import PYTHON_ONLY
from ptnotes.topics import TRAINED, module
from ptnotes.topics.options import recipe_of

TYPED = [
    "ptnotes backward --epochs 2",
    "ptnotes linreg --epochs 3 --lr 0.02 --optimizer adam",
    "ptnotes seq --cell lstm --via layer --epochs 1 --seed 7",
    "ptnotes diabetes --epochs 1 --batch-size full --sample",
    "ptnotes diabetes --epochs 1 --sample --seeds 2",
    "ptnotes mnist --arch mlp --recipe tuned --epochs 1 --validation 100 --save-best --sample",
]
SETTLED = [  # the topic gives a value to what is left out, or takes it back
    "ptnotes linreg --epochs 3 --momentum 0.5",
    "ptnotes mnist --arch mlp --recipe tuned --momentum 0 --epochs 1 --sample",
    "ptnotes diabetes --recipe tuned --epochs 1 --folds 2 --sample",
]


def header_of(topic, **options):
    return next(ptnotes.events(topic, **options))


@pytest.fixture
def made_by(cli):
    """The document that a command line makes."""

    def make(command):
        done = cli(*shlex.split(command)[1:], "--json")
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return make


@pytest.mark.parametrize("command", TYPED)
def test_command_is_what_was_typed(made_by, command):
    assert sorted(shlex.split(made_by(command)["command"])) == sorted(shlex.split(command))


@pytest.mark.parametrize("command", SETTLED)
def test_command_makes_the_same_run(made_by, command):
    first = made_by(command)
    second = made_by(first["command"])
    assert second["command"] == first["command"]
    assert second["config"] == first["config"]


@pytest.mark.parametrize("topic", TRAINED)
def test_every_field_of_a_recipe_can_be_typed_or_is_known_not_to(topic):
    command = typer.main.get_command(app).commands[topic]
    typed = {parameter.name for parameter in command.params}
    recipe = recipe_of(module(topic), {})
    names = {field.name for field in fields(recipe)} - {"name"}
    assert names - typed <= set(PYTHON_ONLY)
    assert not typed & set(PYTHON_ONLY)


def test_what_only_python_can_set_has_no_command():
    assert header_of("diabetes", data="sample", relu=True).command is None
    assert header_of("diabetes", data="sample").command == "ptnotes diabetes --sample"


def test_device_is_in_it_if_it_was_given():
    assert header_of("linreg", device="cpu").command == "ptnotes linreg --device cpu"
    assert header_of("linreg", device="auto", threads=1).command == "ptnotes linreg"


def test_resumed_run_has_the_command_of_the_whole(cli, tmp_path):
    run = tmp_path / "run"
    assert cli("linreg", "--epochs", "3", "--out", run).exit_code == 0
    assert cli("linreg", "--epochs", "5", "--out", run, "--resume").exit_code == 0
    assert json.loads((run / "run.json").read_text())["command"] == "ptnotes linreg --epochs 5"


@pytest.mark.parametrize("topic", ["mnist", "names", "diabetes"])
def test_digests_of_what_is_read(small_data, topic):
    found = header_of(topic, data_dir=small_data).data_files
    here = {path.relative_to(small_data).as_posix() for path in small_data.rglob("*.*")}
    here |= {path.relative_to(small_data).as_posix() for path in small_data.rglob("*-ubyte")}
    assert found.keys() == {each for each in here if topic in each.lower()}
    for name, digest in found.items():
        assert digest == hashlib.sha256((small_data / name).read_bytes()).hexdigest()


def test_nothing_is_read_where_the_data_is_in_the_program():
    assert header_of("seq").data_files == {}


def test_published_files_are_the_same_packed_and_unpacked():
    file = data_sets()["mnist"].files[0]
    assert is_same_content(file.sha256, file.unpacked)
    assert not is_same_content(file.sha256, data_sets()["mnist"].files[1].unpacked)
    assert is_same_content("a", "a")
    assert not is_same_content("a", "b")

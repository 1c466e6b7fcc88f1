"""Documents with a right checksum that are not ptnotes' own: refused in a line."""

import json
import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ptnotes.runs import document as documents
from tests.test_cli import failure

MISFITS = [
    (("config", "epochs"), None),
    (("config", "recipe"), 3),
    (("config", "lr"), [1]),
    (("environment", "threads"), {"a": 1}),
    (("history",), None),
    (("history",), {"epoch": 1}),
    (("history", 0), 7),
    (("history", 0, "epoch"), 0),
    (("history", 0, "test_accuracy"), "high"),
    (("history", 0, "train_loss"), 1e999),
    (("result", "confusion"), [[1]]),
    (("result", "confusion", 3, 3), -1),
    (("result", "per_class"), [{}]),
    (("run", "classes"), []),
    (("run", "classes"), 10),
    (("run", "date"), 2026),
    (("run", "wall_seconds"), 10**400),
    (("run", "finished"), 1),
]


def replaced(document, place, value):
    """A copy, with a right checksum."""
    copy = json.loads(json.dumps(document))
    part = copy
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    return copy


def write(document, directory):
    run = {name: value for name, value in document["run"].items() if name != "sha256"}
    run["sha256"] = documents._digest(document | {"run": run})
    (directory / "run.json").write_text(json.dumps(document | {"run": run}))


@pytest.fixture
def copied(run_of, tmp_path):
    shutil.copytree(run_of("mnist", "--epochs", "2"), tmp_path / "run")
    return tmp_path / "run"


def listed(cli, directory):
    return json.loads(cli("runs", "list", directory, "--json").stdout)["result"]["runs"][0]


@pytest.mark.parametrize(("place", "value"), MISFITS, ids=lambda value: str(value)[:40])
def test_part_that_does_not_fit(cli, copied, place, value):
    document = documents.read(copied)
    write(document, copied)
    assert "damaged" not in listed(cli, copied)
    write(replaced(document, place, value), copied)
    assert "damaged" in listed(cli, copied)
    for command in (["runs", "show", copied], ["predict", copied, "x.png"]):
        assert "run.json" in failure(cli(*command))


def test_document_of_another_network(cli, copied, tmp_path):
    document = documents.read(copied) | {"result": {}}
    image = Image.new("L", (9, 9))
    image.putpixel((4, 4), 255)
    image.save(tmp_path / "x.png")
    for place, value in (
        (("topic",), "../secret"),
        (("config", "arch"), "transformer"),
        (("config", "data"), "svhn"),
        (("config", "mean"), None),
        (("run", "classes"), ["one"]),
    ):
        write(replaced(document, place, value), copied)
        assert "damaged" not in listed(cli, copied)
        done = cli("predict", copied, tmp_path / "x.png")
        assert done.exit_code in (1, 2)
        assert "bug" not in done.stderr


def test_document_without_a_format(cli, copied):
    document = documents.read(copied)
    del document["run"]["format"]
    write(document, copied)
    assert "damaged" in listed(cli, copied)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere(cli, copied, data):
    original = documents.read(copied)
    try:
        values = st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
            ),
            max_leaves=5,
        )
        part, place = original, []
        while isinstance(part, dict | list) and part and (not place or data.draw(st.booleans())):
            names = [*part] if isinstance(part, dict) else [*range(len(part))]
            place.append(data.draw(st.sampled_from(names)))
            part = part[place[-1]]
        changed = replaced(original, place, data.draw(values))
        if isinstance(changed["run"], dict) and "format" in changed["run"]:
            write(changed, copied)
        for command in (["runs", "list", copied], ["runs", "show", copied]):
            done = cli(*command)
            assert done.exit_code in (0, 1)
            assert "bug" not in done.stderr
    finally:
        write(original, copied)

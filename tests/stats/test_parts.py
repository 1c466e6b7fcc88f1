"""Part files that are damaged or made up: an error that names the file, never another answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ptnotes.errors import DataError
from ptnotes.stats import parts
from ptnotes.stats.parts import merge_parts, read_part
from tests.stats.conftest import noise
from tests.test_cli import failure

EXACT = ["1/0", "1e999999999", "0x10", "9" * 5000, "nan", "", 5, None]
FLOATS = {"squares": ["1/4"], "low": [0.5], "high": [0.5], "zeros": [0], "fulls": [0]}


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Part files of 8-bit images and of floats, without their checksums."""
    from typer.testing import CliRunner

    from ptnotes.cli import app

    directory = tmp_path_factory.mktemp("parts")
    found = []
    for name, image in (
        ("x.png", Image.fromarray(noise(0, 5, 5, 3))),
        ("x.tif", Image.new("F", (3, 3), 0.25)),
    ):
        image.save(directory / name)
        arguments = ["stats", directory / name, "--out", directory / "part.json"]
        for weight in ("pixel", "image"):
            run = [*map(str, arguments), "--weight", weight]
            assert CliRunner().invoke(app, run).exit_code == 0
            document = json.loads((directory / "part.json").read_text())
            assert document.pop("sha256")
            found.append(document)
    return found


@pytest.fixture
def refused(tmp_path):
    """``refused(DOCUMENT)`` → the error of reading it as a part file."""

    def read(document):
        path = tmp_path / "part.json"
        text = document if isinstance(document, str) else json.dumps(document)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError) as failed:
            read_part(path)
        assert "part.json" in str(failed.value)
        return str(failed.value)

    return read


def changed(document, *path):
    *path, last, value = path
    document = json.loads(json.dumps(document))
    place = document
    for step in path:
        place = place[step]
    place[last] = value
    return document


def test_whole(documents, tmp_path):
    for document in documents:  # those of version 0.1.0 have no checksum
        (tmp_path / "part.json").write_text(json.dumps(document))
        part = read_part(tmp_path / "part.json")
        assert merge_parts([("part.json", part)]).partial == part.partial


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "\ufeff{}", "NaN", '{"a": 1e999}']
)
def test_text_that_is_no_document(refused, text):
    refused(text)


VALUES = [
    ("images", "x"), ("images", 0), ("images", 1.5), ("images", True), ("pixels", 0),
    ("pixels", -1), ("pixels", float("nan")), ("pixels", 26), ("sizes", [[5, 5, 2]]),
    ("sizes", [[-5, -5, 1]]), ("sizes", [[["a"], 5, 1]]), ("examples", [[1]]),
    ("per_image", {"weight": "kilogram", "sums": []}),
    ("per_image", {"weight": "pixel", "sums": [["0"] * 9] * 3}),
    ("per_image", {"weight": "pixel", "sums": [["1"]] * 3}),
    ("values", {"counts": [1, 2, 3]}), ("values", {"counts": [[1] * 5] * 5}),
    ("values", {"counts": [[0] * 256] * 3}), ("values", {"counts": [[2**70] * 256] * 3}),
    ("values", {"counts": [[-1, 26] + [0] * 254] * 3}), ("values", {"counts": []}),
    ("values", {"counts": [[0.5] * 256] * 3}), ("values", {"counts": [[25] * 256, [1]]}),
    ("values", {"totals": ["1/2"], "squares": []}), ("values", []), ("values", {}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), VALUES, ids=str)
def test_statistics_that_can_not_be(documents, refused, name, value):
    refused(changed(documents[0], "stats", 0, name, value))


@pytest.mark.parametrize("number", EXACT, ids=lambda number: str(number)[:10])
@pytest.mark.parametrize("name", ["totals", "squares"])
def test_numbers_of_any_size(documents, refused, name, number):
    refused(
        changed(documents[2], "stats", 0, "values", {"totals": ["1/4"]} | FLOATS | {name: [number]})
    )
    sums = [["1", number, *["1"] * 7]]
    refused(changed(documents[3], "stats", 0, "per_image", {"weight": "image", "sums": sums}))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), "x", 1e308])
def test_extremes_that_can_not_be(documents, refused, number):
    values = {"totals": ["1/4"]} | FLOATS | {"low": [number]}
    refused(changed(documents[2], "stats", 0, "values", values))


OTHERS = [
    ("shard", {"index": 1, "count": 10**9}), ("shard", {"index": "1", "count": "2"}),
    ("shard", {"index": 0, "count": 0}), ("shard", {"index": 3, "count": 2}), ("shard", []),
    ("listing", {"count": "a", "names": []}), ("listing", {"count": 0, "names": 0}),
    ("listing", {"count": 1, "names": -1}), ("options", {}), ("options", []), ("stats", {"a": 1}),
    ("broken", [["a"]]), ("broken", [[1, None]]), ("broken", [["a", "b"]]),
    ("broken_count", -1), ("broken_count", "x"), ("first_of_several", -1),
    ("ptnotes_stats_part", [1]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), OTHERS, ids=str)
def test_documents_that_can_not_be(documents, refused, name, value):
    refused(changed(documents[0], name, value))


@pytest.mark.parametrize(
    ("name", "value"),
    [("weight", "image"), ("weight", ["pixel"]), ("alpha", 1), ("limit", "x"), ("limit", 0),
     ("skip_errors", 1), ("glob", ["*"])],
)  # fmt: skip
def test_options_that_can_not_be(documents, refused, name, value):
    refused(changed(documents[0], "options", name, value))


def test_kind_that_comes_twice(documents, refused):
    document = documents[0]
    refused(changed(document, "stats", document["stats"] * 2))


def test_edited(cli, folder, tmp_path):
    path = tmp_path / "part.json"
    assert cli("stats", folder, "--out", path).exit_code == 0
    document = json.loads(path.read_text())
    document["stats"][0]["examples"][0] = "other.png"
    path.write_text(json.dumps(document))
    assert "checksum" in failure(cli("stats", "--merge", path))


def test_size(refused, monkeypatch):
    monkeypatch.setattr(parts, "MAX_SIZE", 1 << 20)
    assert "1 MB at most" in refused(" " * (1 << 20) + "{}")


def test_many_missing_parts_are_not_all_named(cli, documents, tmp_path):
    document = changed(documents[0], "shard", {"index": 1, "count": 999_999})
    (tmp_path / "part.json").write_text(json.dumps(document))
    line = failure(cli("stats", "--merge", tmp_path / "part.json"))
    assert "999988 more" in line
    assert len(line) < 400


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)


@settings(max_examples=80)
@given(
    st.integers(0, 3), st.lists(st.tuples(st.integers(0, 10**6), anything), min_size=1, max_size=2)
)
def test_any_document_is_a_part_or_an_error(documents, tmp_path_factory, which, changes):
    document = json.loads(json.dumps(documents[which]))
    for place, value in changes:
        _replace(document, place, value)
    path = tmp_path_factory.mktemp("x") / "part.json"
    path.write_text(json.dumps(document))
    try:
        part = read_part(path)
        merge_parts([("part.json", part)])
    except DataError as error:
        assert "part.json" in str(error) or "missing" in str(error) or "listed" in str(error)


def _replace(document, place, value):
    """Put ``value`` at one of the document's nodes: the number says at which."""
    nodes = []

    def visit(node):
        entries = node.items() if isinstance(node, dict) else enumerate(node)
        for key, inner in list(entries):
            nodes.append((node, key))
            if isinstance(inner, dict | list):
                visit(inner)

    visit(document)
    node, key = nodes[place % len(nodes)]
    node[key] = value

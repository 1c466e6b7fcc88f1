"""The verdict on each value, and what else differs."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ptnotes.datasets.manifest import data_sets
from ptnotes.reproduce.comparison import DIFFERS, EQUAL, WITHIN, compare, environment

OLD = Path(__file__).parent / "documents" / "diabetes.json"
DOCUMENT = {
    "topic": "mnist",
    "version": "0.1.0",
    "config": {"recipe": "notes", "epochs": 1},
    "environment": {"torch": "2.6.0", "threads": 1},
    "data_files": {"MNIST/raw/a": "0" * 64},
    "history": [{"epoch": 1, "train_loss": 0.5, "test_accuracy": 0.9, "train_seconds": 3.0}],
    "result": {
        "test_accuracy": 0.9,
        "parameters": 10,
        "text": "ohlol",
        "solved": True,
        "wall_seconds": 4.0,
        "confusion": [[45, 5], [5, 45]],
        "per_class": [
            {"class": "a", "samples": 50, "recall": 0.9, "precision": None},
            {"class": "b", "samples": 50, "recall": 0.9, "precision": 0.9},
        ],
    },
}
VALUES = 19  # of DOCUMENT, times aside


def changed(*place, to, document=DOCUMENT):
    """A copy with another value in this place, or without one if it is ``...``."""
    found = copy.deepcopy(document)
    part = found
    for name in place[:-1]:
        part = part[name]
    if to is ...:
        del part[place[-1]]
    else:
        part[place[-1]] = to
    return found


def verdict_of(now, tolerance=0.0, recorded=DOCUMENT):
    """The verdict, and the one value that differs, if any."""
    found = compare(recorded, now, tolerance)
    assert len(found.differences) <= 1
    return found.verdict, *(each.value for each in found.differences)


def test_same_document():
    found = compare(DOCUMENT, copy.deepcopy(DOCUMENT))
    assert found.counts == {EQUAL: VALUES}
    assert found.verdict == EQUAL
    assert found.differences == []


@pytest.mark.parametrize("part", [("history", 0, "train_seconds"), ("result", "wall_seconds")])
def test_times_are_left_out(part):
    assert verdict_of(changed(*part, to=99.0)) == (EQUAL,)


@pytest.mark.parametrize(
    ("place", "value", "tolerance", "verdict"),
    [
        (("result", "test_accuracy"), 0.9 + 1e-15, 0, DIFFERS),
        (("result", "test_accuracy"), 0.898, 0.002, WITHIN),
        (("result", "test_accuracy"), 0.8979, 0.002, DIFFERS),
        (("history", 0, "test_accuracy"), 0.902, 0.002, WITHIN),
        # the loss: by 0.002, or by a fiftieth of 0.5
        (("history", 0, "train_loss"), 0.51, 0.002, WITHIN),
        (("history", 0, "train_loss"), 0.5103, 0.002, DIFFERS),
        # of 100 predictions 0.02 are 2: in a cell, and of a class of 50 0.04
        (("result", "confusion", 0, 0), 43, 0.02, WITHIN),
        (("result", "confusion", 0, 0), 42, 0.02, DIFFERS),
        (("result", "per_class", 1, "recall"), 0.86, 0.02, WITHIN),
        (("result", "per_class", 1, "recall"), 0.85, 0.02, DIFFERS),
        (("result", "per_class", 1, "samples"), 51, 0.02, DIFFERS),
        (("result", "per_class", 0, "precision"), 0.0, 0.02, DIFFERS),
        (("result", "parameters"), 11, 1, DIFFERS),
        (("result", "parameters"), 10.0, 0, EQUAL),  # another program may have written it
        (("result", "text"), "ohlo", 1, DIFFERS),
        (("result", "solved"), 1, 1, DIFFERS),
        (("result", "text"), ..., 1, DIFFERS),
        (("history", 0), ..., 1, DIFFERS),
    ],
)
def test_one_value(place, value, tolerance, verdict):
    found = verdict_of(changed(*place, to=value), tolerance)
    assert found[0] == verdict
    assert len(found) == (1 if verdict == EQUAL else 2)


def test_sign_of_zero_is_a_bit():
    recorded = changed("result", "test_accuracy", to=0.0)
    assert verdict_of(changed("result", "test_accuracy", to=-0.0), 0, recorded)[0] == DIFFERS


def test_row_too_many_differs_and_a_new_value_does_not():
    more = changed("history", to=[*DOCUMENT["history"], {"epoch": 2}])
    assert verdict_of(more) == (DIFFERS, "history[1]")
    assert verdict_of(changed("result", "new", to=3)) == (EQUAL,)


def test_result_comes_first_and_cells_last():
    now = changed("result", "confusion", to=[[0, 50], [50, 0]])
    now = changed("history", 0, "train_loss", to=0.1, document=now)
    now = changed("result", "test_accuracy", to=0.0, document=now)
    values = [each.value for each in compare(DOCUMENT, now).differences]
    assert values[:2] == ["result.test_accuracy", "history[0].train_loss"]
    assert values[2:] == [f"result.confusion[{i}][{j}]" for i in (0, 1) for j in (0, 1)]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
parts = st.fixed_dictionaries(
    {"history": st.lists(plain), "result": st.dictionaries(st.text(), plain)}
)


@settings(max_examples=40)
@given(parts)
def test_any_document_equals_itself(document):
    again = json.loads(json.dumps(document))
    assert compare(document, again).verdict == EQUAL


@settings(max_examples=40)
@given(parts, parts, st.floats(0, 1))
def test_any_two_are_compared_and_a_tolerance_only_helps(one, other, tolerance):
    exact, tolerant = compare(one, other), compare(one, other, tolerance)
    assert len(exact.differences) == exact.counts[DIFFERS]
    assert tolerant.counts[DIFFERS] <= exact.counts[DIFFERS]
    assert tolerant.counts[EQUAL] == exact.counts[EQUAL]


def test_environment():
    assert environment(DOCUMENT, DOCUMENT) == []
    now = changed("environment", "torch", to="2.7.0")
    now = changed("config", "epochs", to=2, document=now)
    now = changed("environment", "threads", to=..., document=now)
    assert environment(DOCUMENT, now) == [
        {"part": "environment", "name": "torch", "recorded": "2.6.0", "now": "2.7.0"},
        {"part": "environment", "name": "threads", "recorded": 1, "now": None},
        {"part": "config", "name": "epochs", "recorded": 1, "now": 2},
    ]


def test_processes_are_one_where_none_are_recorded():
    now = changed("environment", "processes", to=4)
    (found,) = environment(DOCUMENT, now)
    assert (found["recorded"], found["now"]) == (1, 4)


def test_data_files():
    file = data_sets()["mnist"].files[0]
    packed = changed("data_files", to={file.path: file.sha256})
    unpacked = changed("data_files", to={file.path.removesuffix(".gz"): file.unpacked})
    other = changed("data_files", to={file.path: "1" * 64})
    assert environment(packed, unpacked) == environment(unpacked, packed) == []
    (found,) = environment(unpacked, other)
    assert (found["recorded"], found["now"]) == (file.unpacked, "1" * 64)
    (found,) = environment(changed("data_files", to=...), packed)
    assert (found["name"], found["recorded"], found["now"]) == ("files", None, 1)


def test_what_an_old_document_has_no_name_for_is_as_it_was():
    old = json.loads(OLD.read_text())
    now = changed("config", "precision", to="fp32", document=old)
    assert environment(old, now) == []
    now = changed("config", "precision", to="bf16", document=old)
    assert [each["name"] for each in environment(old, now)] == ["precision"]


def test_what_the_tolerance_does_not_cover_comes_first():
    now = changed("result", "test_accuracy", to=0.899)
    now = changed("result", "per_class", 1, "recall", to=0.1, document=now)
    found = compare(DOCUMENT, now, 0.002).differences
    assert [each.verdict for each in found] == [DIFFERS, WITHIN]

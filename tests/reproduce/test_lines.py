"""The lines of a TOML file's keys."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ptnotes.reproduce.lines import Lines

TEXT = '''\
# a comment
title = """
[[run]]
lr = 3
"""

[[run]]
topic = "mnist"
lr = [  # a comment
  0.1,

  0.2,
]
expect = { test_accuracy = ">= 0.9" }
"quoted key" = 1

  [[run]]   # the second
topic = "names"
a.b.c = 1
[run.expect]
test_accuracy = ">= 0.8"
[other]
x = 1
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("title",), 2),
        (("run", 0), 7),
        (("run", 0, "topic"), 8),
        (("run", 0, "lr"), 9),
        (("run", 0, "lr", 1), 9),
        (("run", 0, "expect", "test_accuracy"), 14),
        (("run", 0, "quoted key"), 15),
        (("run", 1), 17),
        (("run", 1, "topic"), 18),
        (("run", 1, "a", "b", "c"), 19),
        (("run", 1, "expect"), 20),
        (("run", 1, "expect", "test_accuracy"), 21),
        (("run", 1, "expect", "test_loss"), 20),
        (("run", 1, "missing"), 17),
        (("other", "x"), 23),
        (("nowhere",), 1),
    ],
)
def test_lines(place, line):
    assert Lines(TEXT).of(*place) == line


def test_lines_of_windows_and_of_inline_tables():
    assert Lines(TEXT.replace("\n", "\r\n")).of("run", 1, "expect", "test_accuracy") == 21
    assert Lines('\nrun = [{topic = "x"}, {lr = 1}]').of("run", 1, "lr") == 2


def test_invalid_text():
    with pytest.raises(tomllib.TOMLDecodeError):
        Lines("[[run]]\nlr = = 1")


VALUES = st.one_of(
    st.integers(), st.booleans(), st.text("ab\"'[]#=\n é", max_size=8), st.lists(st.integers())
)


def written(value, multiline):
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        between = ",\n" if multiline else ", "
        return f"[{between.join(map(str, value))}]"
    text = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"""{text}"""' if multiline else '"' + text.replace("\n", "\\n") + '"'


@given(st.lists(st.lists(st.tuples(VALUES, st.booleans(), st.sampled_from(["", "\n", "# [x]\n"])))))
def test_any_keys_in_any_tables(tables):
    text, expected, line = "", {}, 1
    for number, table in enumerate(tables):
        expected["run", number] = line
        text += "[[run]]\n"
        line += 1
        for index, (value, multiline, before) in enumerate(table):
            statement = f"k{index} = {written(value, multiline)}\n"
            line += before.count("\n")
            expected["run", number, f"k{index}"] = line
            text += before + statement
            line += statement.count("\n")
    found = Lines(text)
    assert {place: found.of(*place) for place in expected} == expected

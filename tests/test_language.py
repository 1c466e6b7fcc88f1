"""The Chinese texts are complete and belong to the English ones; the language that is chosen."""

import ast
import inspect
import json
import re
import string
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

import ptnotes
from ptnotes import errors, language
from ptnotes.language import lookup, of_environment, set_language, translate
from ptnotes.verify.claims import CLAIMS

PACKAGE = Path(ptnotes.__file__).parent
GROUPS = json.loads((PACKAGE / "zh.json").read_text(encoding="utf-8"))
ENTRIES = [(key, value) for group in GROUPS.values() for key, value in group.items()]
HOLED = [key for key, _ in ENTRIES if "{}" in key]
SHOWN = {"BadParameter"} | {
    name
    for name, each in vars(errors).items()
    if inspect.isclass(each) and issubclass(each, errors.PtnotesError | errors.PtnotesWarning)
}
# What an error quotes in a template that is too general to be an entry, or that means something
# else in Chinese: entries of their own, cases of that template.
CASES = {
    "{}: {}": (
        "matplotlib can't be used; its settings are a matplotlibrc file and MPLBACKEND: {}",
        "{}: the probabilities are not finite: the network's weights have diverged",
        "{}: the weights are no plain tensors",
        "{}: the weights are not of the network that {} describes",
        "{}: {} names no network: there is no {}",
    ),
    "{} is {}": tuple(
        f"{{}} is {value}{where}"
        for value in ("nan", "inf", "-inf")
        for where in ("", " at epoch {}")
    ),
    "{} is {}, not {}": (
        "{} is {}, not a whole number from 1",
        "{} is {}, not a whole number from 1 to {}",
        "{} is {}, not a whole number from 0 to {}",
        "{} is {}, not a number from 0 to 1",
        "{} is {}, not a number from 0 to {}",
        "{} is {}, not a number above 0, up to {}",
        "{} is {}, not one of auto, cpu, cuda, cuda:N, mps",
    ),
    "images of several kinds: {}; {}": (
        "images of several kinds: {}; choose with --glob",
        "images of several kinds: {}; --rgb or --grayscale makes them alike",
    ),
    "--kernel: {}": (
        "--kernel: a kernel of {} is larger than the padded input of {}; "
        "take a smaller kernel or more padding",
    ),
}
# shown in English in Chinese too: values of options, names of code, what torch says
HAN = "\u4e00-\u9fff"
FULL_WIDTH = "\uff0c\uff1b\uff1a\uff1f"  # comma, semicolon, colon, question mark


def templates(node: ast.AST, constants: dict[str, ast.expr]) -> list[str]:
    """The texts that an expression can give, ``{}`` for each value in them; holes side by side are
    one, for the second may be empty.
    """
    match node:
        case ast.Constant(value=str(text)):
            found = [text]
        case ast.JoinedStr(values=parts):
            found = [
                "".join(each.value if isinstance(each, ast.Constant) else "{}" for each in parts)
            ]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ends = templates(right, constants)
            found = [first + last for first in templates(left, constants) for last in ends]
        case ast.IfExp(body=one, orelse=other):
            found = templates(one, constants) + templates(other, constants)
        case ast.Name(id=name) if name in constants:
            found = templates(constants[name], {})
        case _:
            found = ["{}"]
    return [re.sub(r"(\{\})+", "{}", each) for each in found]


def modules() -> Iterator[tuple[ast.Module, dict[str, ast.expr]]]:
    """Each module's tree, and what its names stand for."""
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        yield tree, constants


@cache
def error_messages() -> set[str]:
    """Of every error and warning that a user sees."""
    found = set()
    for tree, constants in modules():
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and call.args and _is_shown(call):
                found.update(templates(call.args[0], constants))
    (sentence,) = re.findall(r'f"(.+?)"', inspect.getsource(errors.DivergedError.__init__))
    return found - {"{}"} | {re.sub(r"\{.+?\}", "{}", sentence)}


def _is_shown(call: ast.Call) -> bool:
    """Whether it makes an error or a warning of those SHOWN."""
    names = [getattr(each, "attr", getattr(each, "id", "")) for each in (call.func, *call.args[1:])]
    return names[0] in SHOWN or (names[0] == "warn" and not SHOWN.isdisjoint(names))


@cache
def texts_in_code() -> set[str]:
    return {
        text
        for tree, constants in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.expr)
        for text in templates(node, constants)
    }


def texts_of_claims() -> set[str]:
    texts = {text for each in CLAIMS for text in (each.statement, each.correction, each.method)}
    return {text for text in texts if text}


def test_every_claim_is_translated():
    assert texts_of_claims() - GROUPS["claims"].keys() == set()


def test_every_error_is_translated():
    assert len(error_messages()) > 150
    assert error_messages() - GROUPS["errors"].keys() - CASES.keys() == set()


def test_no_claim_is_left_over():
    assert GROUPS["claims"].keys() - texts_of_claims() == set()


def test_no_error_is_left_over():
    cases = {each for found in CASES.values() for each in found}
    assert GROUPS["errors"].keys() - texts_in_code() - cases == set()


@pytest.mark.parametrize("template", CASES)
def test_cases_are_of_their_template(template):
    assert template in texts_in_code()
    pattern = re.compile(".+".join(map(re.escape, template.split("{}"))))
    assert all(map(pattern.fullmatch, CASES[template]))
    assert set(CASES[template]) <= GROUPS["errors"].keys()


def holes(text: str) -> list[str]:
    return [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]


def test_holes_are_as_many():
    for key, value in ENTRIES:
        if "{}" not in key:  # shown as it is
            continue
        numbered = list(map(str, range(key.count("{}"))))
        assert holes(value) == [""] * len(numbered) or sorted(holes(value)) == numbered, key


def test_holes_are_apart():
    """Where nothing stands between two, nobody knows where the first ends."""
    assert [key for key, _ in ENTRIES if "{}{}" in key] == []


def test_templates_have_words():
    """Else they would be found in any text."""
    assert [key for key in HOLED if not re.search("[A-Za-z]{3}", key.replace("{}", " "))] == []


def test_texts_are_chinese():
    for key, value in ENTRIES:
        has_words = re.search("[A-Za-z]{2}", key.replace("{}", ""))
        assert not has_words or value == key or re.search(f"[{HAN}]", value), key
        assert all(each.isprintable() or each in key for each in value), key


def test_punctuation_is_chinese():
    """Full width, without a space, beside a Chinese character; but in tuples, (层数, N)."""
    wrong = re.compile(f"[{HAN}][,;:?](?! )|[,;:?][{HAN}]| [{FULL_WIDTH}]|[{FULL_WIDTH}] ")
    assert [value for _, value in ENTRIES if wrong.search(value)] == []


def test_a_text_has_one_translation():
    assert set(ENTRIES) == set(language.catalogue().items())


FILL_INS = st.text("abcdefgXYZ0123456789._/-[](){}\\^$*+?|王é", min_size=1, max_size=20)


def test_braces_typed_by_a_user_come_through():
    assert lookup("No such option: {} ({} --help)") == "没有选项 {}（见 {} --help）"  # noqa: RUF001


@given(st.sampled_from(HOLED), st.data())
def test_fill_ins_come_through(template, data):
    values = [data.draw(FILL_INS) for _ in range(template.count("{}"))]
    assume(not any(map(lookup, values)))
    pieces = template.split("{}")
    text = pieces[0] + "".join(map("".join, zip(values, pieces[1:], strict=True)))
    found = lookup(text)
    assert found is not None
    for value in values:
        assert value in found


@given(st.lists(st.sampled_from([key for key, _ in ENTRIES]) | st.text(), max_size=4).map("".join))
@example("")
@example("{0} {1}")
@example("\n")
def test_lookup_takes_any_text(text):
    found = lookup(text)
    assert found is None or isinstance(found, str)


@pytest.fixture
def chinese() -> Iterator[None]:
    set_language("zh")
    yield
    set_language(None)


@pytest.mark.usefixtures("chinese")
def test_an_error_that_quotes_another():
    quoted = translate("there are no images in it")
    assert re.search(f"[{HAN}]", quoted)
    assert quoted in translate("process 2: there are no images in it")


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("text", ["", "no entry of the catalogue"])
def test_a_text_without_translation_stays(text):
    assert translate(text) == text


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"PTNOTES_LANG": "zh"}, "zh"),
        ({"PTNOTES_LANG": "zh_CN.UTF-8"}, "zh"),
        ({"PTNOTES_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}, "en"),
        ({"PTNOTES_LANG": "zh", "LC_ALL": "en_US.UTF-8"}, "zh"),
        ({"PTNOTES_LANG": "de"}, "en"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LC_ALL": "en_US.UTF-8", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LC_ALL": "", "LANG": "zh_CN.GBK"}, "zh"),
        ({"LC_MESSAGES": "zh_CN.UTF-8", "LANG": "en_US.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_language_of_the_environment(monkeypatch, environment, expected):
    for name in ("PTNOTES_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("locale.getlocale", lambda: (None, None))
    assert of_environment() == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Chinese (Simplified)_China", "zh"), ("zh_CN", "zh"), ("English_United States", "en")],
)
def test_language_of_windows(monkeypatch, name, expected):
    for variable in ("PTNOTES_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("locale.getlocale", lambda: (name, "cp936"))
    assert of_environment() == expected


@pytest.mark.usefixtures("chinese")
def test_a_language_that_was_set_wins(monkeypatch):
    monkeypatch.setenv("PTNOTES_LANG", "en")
    assert language.language() == "zh"
    set_language(None)
    assert language.language() == "en"

"""The packages that a format wants are those of the part of ptnotes that its error names."""

import ast
import sys
import tomllib
from pathlib import Path

import pytest

import ptnotes
from ptnotes.errors import DataError
from ptnotes.stats.extras import require

PACKAGE = Path(ptnotes.__file__).parent
# beside the tests, not the package: CI runs them on the installed wheel too
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
PROJECT = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]


def wanted():
    """(part, package) of every call of ``require``."""
    for path in (PACKAGE / "stats").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "require":
                _, part, *packages = node.args
                for package in packages:
                    yield ast.literal_eval(part), ast.literal_eval(package).partition(".")[0]


@pytest.mark.parametrize(("part", "package"), sorted(set(wanted())))
def test_parts_hold_what_is_wanted(part, package):
    names = [each.partition(">")[0] for each in PROJECT["optional-dependencies"][part]]
    assert package in names


def test_what_is_missing_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "json", None)
    with pytest.raises(DataError, match=r"x is read with json: pip install 'ptnotes\[y\]'"):
        require("x", "y", "json")

"""What the package imports is what it declares."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import ptnotes

PACKAGE = Path(ptnotes.__file__).parent
PYPROJECT = PACKAGE.parent / "pyproject.toml"


def declared(*extras: str) -> set[str]:
    """The names of the dependencies, or of the extras' if there are some."""
    if PYPROJECT.exists():  # an editable install may have been made from an earlier one
        project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
        optional = project["optional-dependencies"]
        found = [one for each in extras for one in optional[each]] or project["dependencies"]
    else:
        ends = [f"extra == '{each}'" for each in extras]
        found = [
            each
            for each in requires("ptnotes") or []
            if ("extra ==" not in each if not ends else each.endswith(tuple(ends)))
        ]
    return {re.match(r"[\w.-]+", each)[0].lower() for each in found}


def imported() -> set[str]:
    """The distributions that hold what is imported, wherever in the package."""
    modules = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                modules.add((node.module or "").partition(".")[0])
    distributions = packages_distributions()
    others = modules - sys.stdlib_module_names - {"ptnotes"}
    return {distributions[each][0].lower() for each in others}


def test_what_is_imported_is_declared_and_the_other_way_round():
    assert imported() == declared() | declared("onnx", "safetensors")

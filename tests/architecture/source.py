"""Python files of the project as trees, for the tests beside."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.programs import ROOT

PLACES = ["lossopt_core", "lossopt_ui", "pages", "streamlit_app.py"]


def sources(place: str) -> list[Path]:
    root = ROOT / place
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    assert files, f"{place} has no source to look at"
    return files


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imports(file: Path) -> Iterator[str]:
    """Top-level names of all modules that a file imports, anywhere in it."""
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            assert node.module is not None
            yield node.module.split(".")[0]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def end_of(name: ast.expr) -> str:
    """The last part of a dotted name, calls and subscripts left out."""
    while isinstance(name, ast.Call | ast.Subscript):
        name = name.func if isinstance(name, ast.Call) else name.value
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""

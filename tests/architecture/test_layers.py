"""Dependencies point inwards: pages -> lossopt_ui -> lossopt_core, and never back."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source import PLACES, imports, named, sources, tree_of
from tests.programs import ROOT, run_python

# A place and the modules that it must not import, with all that is below them.
FORBIDDEN = {
    "lossopt_core": {"streamlit", "plotly", "lossopt_ui", "pages"},
    "lossopt_ui": {"pages", "sqlalchemy", "sqlite3"},
    "lossopt_ui/charts": {"streamlit"},
    "pages": {"numpy", "scipy", "sklearn", "sqlalchemy", "sqlite3", "plotly", "pages"},
    "streamlit_app.py": {"numpy", "scipy", "sklearn", "sqlalchemy", "sqlite3", "plotly"},
}


ROOMS = {
    "lossopt_core": (
        "shipped", "plugins", "fields", "texts", "objective", "optim", "data", "experiment",
        "certify", "training", "theory", "analysis", "inspect", "store", "files", "uploads",
        "query", "exchange", "lecture", "playground", "sklearn", "cli",
    ),
    "lossopt_ui": (
        "streamlit_private", "config", "lessons", "state", "charts", "figures", "identity", "jobs",
        "experiment", "runs", "notebook", "sweep", "inspect", "landscape", "lecture", "playground",
        "data", "app",
    ),
}  # fmt: skip
"""The rooms of each layer, from the bottom up: each imports only from those before it."""


@pytest.mark.parametrize("place", FORBIDDEN)
def test_dependencies_point_inwards(place):
    wrong = {named(file): FORBIDDEN[place] & set(imports(file)) for file in sources(place)}
    assert not {file: modules for file, modules in wrong.items() if modules}


def rooms_imported(file: Path, layer: str) -> set[str]:
    """The rooms of its own layer that a file imports from; "" for the layer's front."""
    found = set()
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{name.name}" for name in node.names]
        else:
            continue
        for module in modules:
            top, room, *_ = f"{module}..".split(".")
            if top == layer:
                found.add(room if room in ROOMS[layer] else "")
    return found


@pytest.mark.parametrize("layer", ROOMS)
def test_a_room_imports_only_from_rooms_before_it(layer):
    wrong = {}
    for file in sources(layer):
        room = file.relative_to(ROOT / layer).parts[0].removesuffix(".py")
        if room in ("__init__", "__main__"):  # the front of the house, which shows all rooms
            continue
        allowed = ROOMS[layer][: ROOMS[layer].index(room) + 1]
        if above := rooms_imported(file, layer) - {*allowed}:
            wrong[named(file)] = above
    assert wrong == {}


@pytest.mark.parametrize("layer", ROOMS)
def test_a_layer_has_at_most_six_modules_at_its_top(layer):
    assert len(list((ROOT / layer).glob("*.py"))) <= 6


@pytest.mark.parametrize("layer", ROOMS)
def test_every_room_says_what_it_is_for(layer):
    for room in ROOMS[layer]:
        front = ROOT / layer / room / "__init__.py"
        if front.parent.is_dir():
            assert ast.get_docstring(tree_of(front)), f"{named(front)} has no docstring"


def test_the_core_is_usable_where_there_is_no_screen():
    """What the core imports imports neither Streamlit nor Plotly."""
    code = (
        "import sys, lossopt_core;"
        "print(*({'streamlit', 'plotly'} & {name.split('.')[0] for name in sys.modules}))"
    )
    assert run_python("-c", code).strip() == ""


@pytest.mark.parametrize("place", PLACES)
def test_every_module_says_what_it_is(place):
    assert [named(file) for file in sources(place) if not ast.get_docstring(tree_of(file))] == []

"""Dependencies point inwards: pages -> lossopt_ui -> lossopt_core, and never back."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.programs import ROOT, run_python

# A place and the modules that it must not import, with all that is below them.
FORBIDDEN = {
    "lossopt_core": {"streamlit", "plotly", "lossopt_ui", "pages"},
    "lossopt_ui": {"pages", "sqlalchemy", "sqlite3"},
    "lossopt_ui/charts": {"streamlit"},
    "pages": {"numpy", "scipy", "sklearn", "sqlalchemy", "sqlite3", "plotly", "pages"},
    "streamlit_app.py": {"numpy", "scipy", "sklearn", "sqlalchemy", "sqlite3", "plotly"},
}
PLACES = ["lossopt_core", "lossopt_ui", "pages", "streamlit_app.py"]


def sources(place: str) -> list[Path]:
    root = ROOT / place
    files = [root] if root.is_file() else sorted(root.rglob("*.py"))
    assert files, f"{place} has no source to look at"
    return files


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


@pytest.mark.parametrize("place", FORBIDDEN)
def test_dependencies_point_inwards(place):
    wrong = {named(file): FORBIDDEN[place] & set(imports(file)) for file in sources(place)}
    assert not {file: modules for file, modules in wrong.items() if modules}


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


@pytest.mark.parametrize(
    "place", ["lossopt_core", "lossopt_ui/charts", "pages", "streamlit_app.py"]
)
def test_only_the_shared_ui_touches_the_session_state(place):
    touching = [
        named(file)
        for file in sources(place)
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr == "session_state")
        or (isinstance(node, ast.ImportFrom) and "session_state" in {n.name for n in node.names})
    ]
    assert touching == []


@pytest.mark.parametrize("place", PLACES)
def test_nothing_is_evaluated_or_unpickled(place):
    for file in sources(place):
        called = {
            node.func.id
            for node in ast.walk(tree_of(file))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert not called & {"eval", "exec", "compile", "__import__"}, named(file)
        unsafe = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}
        assert not set(imports(file)) & unsafe, named(file)
        for node in ast.walk(tree_of(file)):
            # joblib trains side by side; its files would be pickles.
            if isinstance(node, ast.ImportFrom) and node.module == "joblib":
                wanted = {"Parallel", "delayed", "effective_n_jobs", "parallel_config"}
                assert {each.name for each in node.names} <= wanted, named(file)
            elif isinstance(node, ast.Import):
                assert "joblib" not in {each.name for each in node.names}, named(file)


@pytest.mark.parametrize("place", PLACES)
def test_nobody_draws_from_the_random_state_that_all_share(place):
    """Randomness is passed in as a generator."""
    makers = {"default_rng", "Generator", "RandomState", "SeedSequence"}
    for file in sources(place):
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
                assert node.attr in makers, f"{named(file)}: np.random.{node.attr}"


def test_every_page_begins_with_its_frame():
    """Opened cold by a deep link, a page brings the whole app only if that comes first."""

    def first_call(file):
        statements = (each for each in tree_of(file).body[1:] if isinstance(each, ast.Expr))
        return ast.unparse(next(statements).value)

    for file in sources("pages"):
        assert first_call(file).startswith("navigation.begin("), named(file)


def test_every_download_goes_through_the_one_that_binds_the_visitor():
    """Elsewhere the file could be made outside the session, for nobody."""
    offering = {
        named(file)
        for place in ("lossopt_ui", "pages", "streamlit_app.py")
        for file in sources(place)
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr == "download_button")
        or (isinstance(node, ast.ImportFrom) and "download_button" in {n.name for n in node.names})
    }
    assert offering == {"lossopt_ui/files.py"}

"""Dependencies point inwards: pages -> lossopt_ui -> lossopt_core, and never back."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
import streamlit

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
        "certify", "training", "theory", "analysis", "inspect", "store", "uploads", "query",
        "exchange", "lecture", "playground", "sklearn", "cli",
    ),
    "lossopt_ui": (
        "streamlit_private", "config", "lessons", "state", "charts", "figures", "identity", "jobs",
        "experiment", "runs", "sweep", "inspect", "landscape", "lecture", "playground", "data",
        "app",
    ),
}  # fmt: skip
"""The rooms of each layer, from the bottom up: each imports only from those before it."""
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


def test_one_module_touches_the_session_state():
    """Everybody else declares a typed key."""
    touching = {
        named(file)
        for place in PLACES
        for file in sources(place)
        for node in ast.walk(tree_of(file))
        if (isinstance(node, ast.Attribute) and node.attr == "session_state")
        or (isinstance(node, ast.ImportFrom) and "session_state" in {n.name for n in node.names})
    }
    assert touching == {"lossopt_ui/state/session.py"}


def test_each_session_key_is_declared_once():
    """Under one name, two keys would have one value."""
    declared = [
        (node.args[0].value, named(file))
        for file in sources("lossopt_ui")
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Call)
        and end_of(node) in {"SessionKey", "WidgetKey", "UploaderKey"}
        and node.args
        and isinstance(node.args[0], ast.Constant)
    ]
    assert declared, "no keys were found"
    names = [name for name, _ in declared]
    assert [each for each in declared if names.count(each[0]) > 1] == []


# Modules that use private parts of Streamlit, and the tests that try them.
USES_PRIVATE_STREAMLIT = {
    "lossopt_ui/streamlit_private.py": "tests/ui/test_streamlit_private.py",
    "benchmarks/visitors.py": "tests/test_benchmarks.py",  # speaks to a server as a browser does
}
PUBLIC_MODULES = {"streamlit", "streamlit.typing"}
PUBLIC_NAMESPACES = {"components", "column_config", "typing"}


def private_streamlit_in(file: Path) -> Iterator[str]:
    """What a file uses of Streamlit that is not public: modules, and names below `st.`."""
    public = PUBLIC_NAMESPACES | {
        name for name, value in vars(streamlit).items() if not isinstance(value, ModuleType)
    }
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.startswith("streamlit."))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("streamlit"):
            if node.module not in PUBLIC_MODULES - {"streamlit"}:
                yield from (f"{node.module}.{each.name}" for each in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node).startswith("st."):
            if node.attr.startswith("_"):
                yield ast.unparse(node)
            elif ast.unparse(node.value) == "st" and node.attr not in public:
                yield f"st.{node.attr}"


@pytest.mark.parametrize("place", [*PLACES, "benchmarks"])
def test_private_parts_of_streamlit_are_used_where_that_is_declared(place):
    """There each is explained, and a test tries it with the installed version."""
    found = {named(file) for file in sources(place) if any(private_streamlit_in(file))}
    assert not found - USES_PRIVATE_STREAMLIT.keys()
    assert all((ROOT / test).is_file() for test in USES_PRIVATE_STREAMLIT.values())


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import streamlit as st\nst.button('a')\nst.column_config.Column()", []),
        ("from streamlit.typing import UploadedFile", []),
        ("import streamlit.runtime", ["streamlit.runtime"]),
        ("from streamlit import config", ["streamlit.config"]),
        ("from streamlit.proto import Element_pb2", ["streamlit.proto.Element_pb2"]),
        ("import streamlit as st\nst.runtime.exists()", ["st.runtime"]),
        ("import streamlit as st\nst.sidebar._block()", ["st.sidebar._block"]),
    ],
)
def test_such_private_parts_are_found(tmp_path, source, found):
    file = tmp_path / "module.py"
    file.write_text(source)
    assert list(private_streamlit_in(file)) == found


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
    assert offering == {"lossopt_ui/runs/files.py"}


# Module and function: why nobody's data can follow from what it caches.
CACHED_FOR_ALL = {
    "lossopt_core/query/filters.py:_parser": "a grammar",
    "lossopt_core/training/time_estimate.py:_measured_timing": "seconds on random examples",
    "lossopt_core/lecture/two_weights.py:data": "points of the lecture",
    "lossopt_core/lecture/two_weights.py:path": "points of the lecture",
    "lossopt_core/objective/losses/scores.py:ones": "ones",
    "lossopt_core/plugins/registry.py:_plugins": "names of installed packages",
    "lossopt_core/analysis/paired_inference.py:_subsets": "subsets of so many pairs",
    "lossopt_core/analysis/paired_inference.py:_weightings": "random weights of so many pairs",
    "lossopt_core/playground/picture.py:_grid": "places of a picture",
    "lossopt_core/playground/picture.py:_features": "features of those places",
    "lossopt_core/store/database.py:_shared_engine": "connections to a database",
    "lossopt_core/store/rows.py:describe": "settings, for who has their text",
    "lossopt_core/training/loop.py:environment": "versions",
    "lossopt_ui/identity/file_contents.py:_held": "uploads, by ids that nobody can guess",
    "lossopt_ui/app/addresses.py:_names_of_machine": "names of the server",
    "lossopt_ui/config/settings.py:_settings": "settings of the server",
    "lossopt_ui/config/sources.py:_read_once": "settings of the server",
    "lossopt_ui/jobs/optimum.py:_certifier": "a worker; what it knows has owners",
    "lossopt_ui/jobs/polling.py:_pace": "seconds between two looks",
    "lossopt_ui/jobs/watching.py:_farewell": "ends with the session",
    "lossopt_ui/jobs/watching.py:_workers_of_the_mode": "workers",
    "lossopt_ui/lecture/batches.py:_draws": "the lecture's, on digits",
    "lossopt_ui/lecture/level_sets.py:_path": "points of the lecture",
    "lossopt_ui/lecture/level_sets.py:_surface": "points of the lecture",
    "lossopt_ui/lecture/numeric_gradient.py:_errors": "the lecture's, on digits",
    "lossopt_ui/lecture/on_digits.py:weights": "the lecture's, on digits",
    "lossopt_ui/lecture/searches.py:_search": "the lecture's, on digits",
    "lossopt_ui/lecture/steps.py:_ladder": "the lecture's, on digits",
    "lossopt_ui/lecture/training_log.py:_train": "the lecture's, on the spiral",
}
CACHES = {"lru_cache", "cache", "cache_data", "cache_resource", "cached", "cachedmethod"}
# Tables that modules fill while the program runs.
FILLED = {
    "lossopt_core/experiment/caches.py:_ALL": "the caches themselves",
    "lossopt_ui/figures/recipes.py:_known": "digests, which end with what they are of",
}
CONTAINERS = {"dict", "OrderedDict", "defaultdict", "WeakKeyDictionary", "WeakValueDictionary",
              "WeakSet", "LRUCache", "TTLCache", "set", "list"}  # fmt: skip


def end_of(name: ast.expr) -> str:
    """The last part of a dotted name, calls and subscripts left out."""
    while isinstance(name, ast.Call | ast.Subscript):
        name = name.func if isinstance(name, ast.Call) else name.value
    if isinstance(name, ast.Attribute):
        return name.attr
    return name.id if isinstance(name, ast.Name) else ""


def cached_in(file: Path) -> Iterator[str]:
    """Functions of a file with a cache that does not know whose data it is about."""
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.ImportFrom) and node.module == "lossopt_ui.figures.caching"
        for alias in node.names
    }
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if any(end_of(each) in CACHES - ours for each in node.decorator_list):
                yield f"{named(file)}:{node.name}"
        elif (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Call)
            and end_of(node.value) in CACHES - ours
        ):
            yield f"{named(file)}:{ast.unparse(node.targets[0])}"


def filled_in(file: Path) -> Iterator[str]:
    """Tables of a module that begin empty, to be filled while the program runs."""
    for node in tree_of(file).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        value = node.value
        empty_call = isinstance(value, ast.Call) and end_of(value) in CONTAINERS and not value.args
        if empty_call or ast.unparse(value) in {"{}", "[]"}:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield f"{named(file)}:{ast.unparse(target)}"


def test_caches_know_whose_data_they_are_about():
    """A new cache is `caching.cached`, `cached_by_data` or a `Cache`: each entry has an owner.

    Whatever else stays in memory is listed here, with the reason why it tells nothing of
    anybody's data.
    """
    found = {each for place in PLACES for file in sources(place) for each in cached_in(file)}
    assert not found - CACHED_FOR_ALL.keys()
    filled = {each for place in PLACES for file in sources(place) for each in filled_in(file)}
    assert not filled - FILLED.keys()


# What a function may change outside itself, and why.
REBOUND = {
    "lossopt_core/uploads/store.py:UPLOADED.usual": "the program says once where uploads are",
    "lossopt_ui/app/command.py:sys.argv": "the command becomes Streamlit's own",
    "lossopt_ui/streamlit_private.py:runtime_util._max_message_size_bytes": "no public option",
}
CHANGES_OF_PROCESS = {
    "sys.setswitchinterval", "sys.setrecursionlimit", "threadpool_limits", "signal.signal",
    "atexit.register", "os.environ.setdefault", "os.environ.update", "os.putenv", "os.chdir",
    "os.pipe", "gc.freeze", "gc.disable", "resource.setrlimit", "logging.basicConfig",
    "threading.Thread", "threading.setprofile", "np.seterr", "socket.setdefaulttimeout",
}  # fmt: skip


def rebound_in(file: Path) -> Iterator[str]:
    """Globals, and attributes of modules and of what is global, that functions assign to."""
    tree = tree_of(file)
    globals_ = {
        alias.asname or alias.name.split(".")[0]
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    } | {
        name.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        for name in ast.walk(target)
        if isinstance(name, ast.Name)
    }
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        local = {each.arg for each in ast.walk(function) if isinstance(each, ast.arg)} | {
            each.id
            for each in ast.walk(function)
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
        }
        for node in ast.walk(function):
            if isinstance(node, ast.Global):
                yield from (f"{named(file)}:{name}" for name in node.names)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store | ast.Del):
                root = node.value
                while isinstance(root, ast.Attribute):
                    root = root.value
                if isinstance(root, ast.Name) and root.id in globals_ - local:
                    yield f"{named(file)}:{ast.unparse(node)}"


@pytest.mark.parametrize("place", PLACES)
def test_no_function_rebinds_what_is_global(place):
    """Visitors share the process: one page must not change what another's sees."""
    found = {each for file in sources(place) for each in rebound_in(file)}
    assert not found - REBOUND.keys()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("x = 1\ndef f():\n    global x\n    x = 2", ["x"]),
        ("import a\ndef f():\n    a.b.c = 2", ["a.b.c"]),
        ("from a import b\ndef f():\n    del b.c", ["b.c"]),
        ("B = A()\nclass C:\n    def f(self):\n        B.x, self.y = 1, 2", ["B.x"]),
        ("import a\ndef f(a):\n    a.b = 2\ndef g():\n    a = A()\n    a.b = 1", []),
    ],
)
def test_such_rebindings_are_found(tmp_path, monkeypatch, source, found):
    file = tmp_path / "module.py"
    file.write_text(source)
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert list(rebound_in(file)) == [f"module.py:{each}" for each in found]


@pytest.mark.parametrize("place", PLACES)
def test_no_constructor_changes_the_process(place):
    """To make an object starts no thread and changes nothing that all of the program shares."""
    found = {
        f"{named(file)}:{made.name}: {ast.unparse(call.func)}"
        for file in sources(place)
        for made in ast.walk(tree_of(file))
        if isinstance(made, ast.ClassDef)
        for function in made.body
        if isinstance(function, ast.FunctionDef)
        and function.name in {"__init__", "__new__", "__post_init__"}
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in CHANGES_OF_PROCESS
    }
    assert found == set()


@pytest.mark.parametrize("place", PLACES)
def test_no_table_carries_what_it_is_in_its_attrs(place):
    """pandas drops, copies or compares them as it likes: what is known stands beside a table."""
    found = {
        named(file)
        for file in sources(place)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Attribute) and node.attr == "attrs"
    }
    assert found == set()


def test_every_argument_is_part_of_a_caches_key():
    """Streamlit leaves arguments that begin with _ out of its keys; ours has no such hole."""
    for place in PLACES:
        for file in sources(place):
            for node in ast.walk(tree_of(file)):
                if not isinstance(node, ast.FunctionDef):
                    continue
                if {end_of(each) for each in node.decorator_list} & {"cache_data"}:
                    names = [each.arg for each in node.args.args]
                    assert not [each for each in names if each.startswith("_")], named(file)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import streamlit as st\n@st.cache_data(max_entries=2)\ndef f(x): ...", ["f"]),
        ("from functools import cache\n@cache\ndef f(): ...", ["f"]),
        ("from functools import lru_cache\nf = lru_cache(maxsize=3)(g)", ["f"]),
        ("from cachetools import cached\n@cached({})\ndef f(): ...", ["f"]),
        ("from lossopt_ui.figures.caching import cached\n@cached(3)\ndef f(x): ...", []),
    ],
)
def test_such_caches_are_found(tmp_path, monkeypatch, source, found):
    file = tmp_path / "module.py"
    file.write_text(source)
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    assert list(cached_in(file)) == [f"module.py:{each}" for each in found]

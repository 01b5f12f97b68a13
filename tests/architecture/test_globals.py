"""No function changes what the whole process shares."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture import source as source_files
from tests.architecture.source import PLACES, named, sources, tree_of

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
    monkeypatch.setattr(source_files, "ROOT", tmp_path)
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

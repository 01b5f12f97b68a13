"""Private parts of Streamlit are used in one declared place."""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import streamlit

from tests.architecture.source import PLACES, named, sources, tree_of
from tests.programs import ROOT

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

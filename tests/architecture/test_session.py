"""Session state, pages and downloads each have one way in."""

import ast

from tests.architecture.source import PLACES, end_of, named, sources, tree_of


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

"""The data that a figure sends to the browser; its behaviour there is in tests/browser."""

import json
import math
import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.helpers import click_mark, figures
from tests.programs import ROOT


def two_figures() -> None:
    import numpy as np
    import plotly.graph_objects as go
    import streamlit as st

    from lossopt_ui.figures import figure

    values = np.array([[1.0, np.nan], [np.inf, 4.0]], dtype=np.float32)
    figure.show(go.Figure(go.Heatmap(z=values)), key="one", alt="A small picture")
    own = go.Figure(go.Scatter(y=values[0], name="line"), layout={"uirevision": "mine"})
    figure.show(own, key="two", alt="A line", height=200, on_click=st.session_state.update)
    st.text(figure.theme())
    st.text(f"opened {st.session_state.get('opened')}")


@pytest.fixture
def app() -> AppTest:
    return AppTest.from_function(two_figures).run()


def test_figures_are_distinguished_by_key(app):
    shown = figures(app)
    assert not app.exception
    assert {key: figure["alt"] for key, figure in shown.items()} == {
        "one": "A small picture",
        "two": "A line",
    }
    assert shown["two"]["layout"]["height"] == 200


def test_the_view_is_kept_by_key_unless_the_figure_sets_uirevision(app):
    shown = figures(app)
    assert shown["one"]["layout"]["uirevision"] == "one"
    assert shown["two"]["layout"]["uirevision"] == "mine"


def test_numbers_are_sent_in_binary_including_nan_and_inf(app):
    sent = json.loads(app.get("bidi_component")[0].proto.json)["figure"]
    assert json.loads(sent)["data"][0]["z"]["dtype"] == "f4"
    z = figures(app)["one"]["data"][0]["z"]
    assert z == [pytest.approx([1.0, math.nan], nan_ok=True), [math.inf, 4.0]]


def test_the_script_can_read_the_theme(app):
    assert app.text[0].value == "light"
    app.context["theme"] = "dark"
    assert app.run().text[0].value == "dark"


def test_a_second_visitor_gets_the_same_figures(app):
    assert figures(AppTest.from_function(two_figures).run()).keys() == figures(app).keys()


def test_a_click_is_reported_before_the_script_runs(app):
    click_mark(app, "two", {"opened": "a run"})
    assert not app.exception
    assert app.text[1].value == "opened a run"
    assert app.run().text[1].value == "opened a run"


def test_a_figure_without_a_listener_ignores_clicks(app):
    clickable = [json.loads(each.proto.json)["clickable"] for each in app.get("bidi_component")]
    assert clickable == [False, True]
    click_mark(app, "one", {"opened": "a run"})
    assert not app.exception
    assert app.text[1].value == "opened None"


def many_lines() -> None:
    import numpy as np
    import plotly.graph_objects as go

    from lossopt_ui.figures import figure

    for count in (figure.MAX_IN_HOVER, figure.MAX_IN_HOVER + 1):
        lines = go.Figure(layout={"hovermode": "x unified"})
        for _ in range(count):
            lines.add_scatter(y=[1.0, 2.0], name="same")
        lines.add_scatter(y=np.zeros(2), hoverinfo="skip")
        figure.show(lines, key=f"{count} lines", alt="Lines")


def test_traces_have_unique_ids_and_many_lines_have_no_unified_hover():
    few, many = figures(AppTest.from_function(many_lines).run()).values()
    assert [few["layout"]["hovermode"], many["layout"]["hovermode"]] == ["x unified", "closest"]
    names = [trace["uid"] for trace in many["data"]]
    assert len(set(names)) == len(names)


def test_only_the_cursor_needs_private_parts_of_plotly():
    """A test in the browser checks that they are there."""
    private = {
        f"{source.name}: {name}"
        for source in (ROOT / "lossopt_ui").rglob("*.js")
        for name in re.findall(r"(?:\.|[{,]\s*)(_[a-z]\w*|calcdata)", source.read_text("utf-8"))
    }
    assert private == {"figure.js: _fullLayout", "figure.js: _offset"}

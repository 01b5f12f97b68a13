"""Shows a plotly figure and keeps its view.

Streamlit's own plotly element is made anew at every change of its figure, and with it go
zoom, hidden traces and hover.  Here `Plotly.react` redraws the same node.
"""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from lossopt_ui.charts.colours import Theme

_LIBRARY = "app/static/plotly-cartesian.min.js"
_component = st.components.v2.component(
    "lossopt_figure",
    html='<div class="lossopt-figure" role="img" style="width: 100%"></div>',
    js=Path(__file__).with_name("figure.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def show(figure: go.Figure, *, key: str, alt: str, height: int = 340) -> None:
    """Draw the figure; `alt` says in words what it shows, `height` is in pixels.

    What a person has set in it stays as long as the key does.
    """
    for trace in figure.data:
        # Plotly knows a trace by its uid: what is hidden stays so where others come and go.
        trace.uid = trace.name
    figure.update_layout(
        template="none",
        height=height,
        autosize=True,
        uirevision=figure.layout.uirevision or key,
        margin={"l": 8, "r": 12, "t": 40, "b": 8},
    )
    _component(
        key=key,
        data={
            "figure": figure.to_json(),
            "alt": alt,
            "height": height,
            "name": key,
            "library": _LIBRARY,
        },
        height=height,
    )


def theme() -> Theme:
    """The theme that the visitor sees."""
    return "dark" if st.context.theme.type == "dark" else "light"


def describe(what: str, history: pd.DataFrame, column: str) -> str:
    """A chart in words, for those who cannot see it."""
    first, last = history[column].iloc[0], history[column].iloc[-1]
    epochs = history["epoch"].iloc[-1]
    return (
        f"{what} over {epochs:g} epochs; {column.replace('_', ' ')} from {first:.4g} to {last:.4g}."
    )

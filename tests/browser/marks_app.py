"""A small app with figures whose marks can be clicked, and downloaded."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lossopt_ui.charts.colours import (
    GREY,
    INK,
    Theme,
    of_loss,
    translucent,
)
from lossopt_ui.charts.frames import Frames
from lossopt_ui.figures import figure


def curve(theme: Theme) -> go.Figure:
    """Two lines with few points, and two thousand thin lines in one trace with gaps."""
    epochs = np.arange(6, dtype=np.float32)
    one = np.append(epochs, np.float32(np.nan))
    many = np.concatenate([one * height / 2_000 for height in range(2_000)])
    drawn = go.Figure(layout={"hovermode": "x unified", "title": "Accuracy: of 2,000 seeds"})
    drawn.add_scatter(
        x=np.tile(one, 2_000),
        y=many.astype(np.float32),
        name="seeds",
        mode="lines",
        line={"width": 0.5, "color": GREY[theme]},
        hoverinfo="skip",
    )
    ids = [f"run {epoch:g}" for epoch in epochs]
    low = translucent(of_loss("hinge", theme), 0.9)
    drawn.add_scatter(x=epochs, y=epochs - 8, name="rising", line={"color": low})
    drawn.add_scatter(
        x=epochs, y=6 - epochs, name="falling", line={"color": INK[theme]}, customdata=ids
    )
    drawn.update_xaxes(title="epoch")
    drawn.update_yaxes(title="accuracy (%)")
    return drawn


def crowd() -> go.Figure:
    """As many lines as have a name each, all of them long."""
    drawn = go.Figure(layout={"showlegend": True, "legend": {"orientation": "h", "y": -0.2}})
    for k in range(24):
        name = f"Squared hinge, batch size 32, learning rate {k}, strength 0.001: 96.2 ± 0.4 %"
        drawn.add_scatter(x=[0, 1], y=[k, 2 * k], name=name)
    return drawn


def cells() -> go.Figure:
    ids = np.array([list("abc"), list("def")])
    return go.Figure(go.Heatmap(z=np.arange(6.0).reshape(2, 3), customdata=ids))


def note_click(mark: str) -> None:
    st.session_state["clicked"] = mark


st.set_page_config(layout="wide", page_icon="static/favicon.png")
without_first = st.toggle("Without the first line")
drawn = curve(figure.theme())
if without_first:
    drawn.data = drawn.data[1:]
figure.show(drawn, key="curve", alt="Two lines beside many", on_click=note_click)
figure.show(crowd(), key="crowd", alt="Twenty lines with long names", height=400)
figure.show(cells(), key="cells", alt="Six cells", on_click=note_click)
figure.show(
    go.Figure(go.Scatter(x=[0, 4], y=[1, 2])),
    key="moving",
    alt="A line with a cursor",
    frames=Frames("slider", which=[0, 1, 2], cursor=[0.0, 1.0, 3.0]),
)
st.write(f"theme {figure.theme()}, clicked {st.session_state.get('clicked')}")

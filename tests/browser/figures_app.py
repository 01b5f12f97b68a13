"""A small app with figures in various containers, for tests of `lossopt_ui.figures.figure`."""

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from lossopt_ui.figures import figure

WIDE = "Two lines that move with the button"


def lines(move: int) -> go.Figure:
    epochs = np.arange(50, dtype=np.float32)
    drawn = go.Figure()
    for name, rate in (("fast", 0.2), ("slow", 0.05)):
        drawn.add_scatter(x=epochs, y=move + np.exp(-rate * epochs), name=name)
    drawn.update_xaxes(title="epoch")
    return drawn


st.set_page_config(layout="wide", page_icon="static/favicon.png")
move = st.session_state.get("moves", 0)
st.button("Move", key="move", on_click=lambda: st.session_state.update(moves=move + 1))
tall = st.toggle("Tall", key="tall")
kept = st.toggle("Keep the second figure", value=True, key="kept")

figure.show(lines(move), key="wide", alt=WIDE, height=460 if tall else 300)
narrow, _ = st.columns([1, 3])
with narrow:
    if kept:
        figure.show(lines(0), key="narrow", alt="In a column")
open_tab, hidden_tab = st.tabs(["open", "hidden"])
with open_tab:
    figure.show(lines(0), key="in open tab", alt="In the open tab")
with hidden_tab:
    figure.show(lines(move), key="in-hidden-tab", alt="In the hidden tab")
with st.expander("More"):
    figure.show(lines(0), key="in-expander", alt="In an expander")
for key, quantity in (("one", "Epochs"), ("other", "Epochs"), ("unlike", "Updates")):
    shared = lines(0).update_layout(hovermode="x unified", xaxis_title=quantity)
    figure.show(shared, key=f"hover-{key}", alt=f"{key} over {quantity}", height=250)
figure.show(
    lines(move),
    key="boxed",
    alt="With boxes",
    height=250,
    on_box=lambda box: st.session_state.update(box=[round(each) for each in box["x"]]),
)
st.write(f"box {st.session_state.get('box')}")
st.write(f"theme {figure.theme()}, moved {move}")

"""Placeholder."""

import plotly.graph_objects as go
import streamlit as st

from lossopt_ui import figure, navigation

navigation.begin("hinge-vs-cross-entropy")
n = st.number_input("n", 1, 10, 3, key="n", bind="query-params")
fig = go.Figure()
fig.add_scatter(x=list(range(20)), y=[i * n for i in range(20)], name="a")
fig.add_scatter(x=list(range(20)), y=[i + n for i in range(20)], name="b")
fig.update_layout(title="A chart")
figure.show(fig, key="chart", alt="two lines")
st.write(st.query_params.to_dict(), figure.theme())

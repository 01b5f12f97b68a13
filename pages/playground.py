"""Two dimensions: move points and weights by hand, and watch a linear classifier learn."""

import streamlit as st

from lossopt_ui import links, navigation
from lossopt_ui.playground import panel, settings

navigation.begin("Playground: two dimensions", links.ON_PLAYGROUND)

with st.sidebar:
    wanted = settings.wanted()

panel.show(wanted)

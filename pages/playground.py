"""Move points and weights by hand in two dimensions, and watch a linear classifier learn."""

import streamlit as st

from lossopt_ui.app import navigation
from lossopt_ui.playground import panel, settings
from lossopt_ui.state import pages

navigation.begin(pages.PLAYGROUND)

with st.sidebar:
    wanted = settings.wanted()

panel.show(wanted)

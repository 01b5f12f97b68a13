"""The objective as a landscape, with the ways of runs on it."""

import streamlit as st

from lossopt_core import StoreError
from lossopt_ui import landscapes, links, navigation, optimum

navigation.begin("Landscape", links.ON_LANDSCAPE)

try:
    runs = landscapes.choose_runs()
    if runs:
        landscapes.choose_view(runs)
        optimum.watch([runs[0].experiment], lambda optima: landscapes.draw(runs, optima))
except StoreError as error:
    st.error(f"The kept runs cannot be read: {error}.", icon=":material/database_off:")

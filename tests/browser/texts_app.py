"""A tiny app that shows the lines of a file wherever Streamlit takes Markdown."""

from pathlib import Path

import streamlit as st

from lossopt_ui.state.names import escape_markdown

for number, text in enumerate(Path("texts.txt").read_text(encoding="utf-8").split("\n")):
    shown = escape_markdown(text)
    st.markdown(f"**{shown}**")
    st.caption(f"Left out: {shown}, {shown}.")
    st.button(shown, key=f"button-{number}")
    st.info(shown)
    st.expander(shown)
    st.radio(f"Radio {shown}", [f"{number}: {shown}"], key=f"radio-{number}")

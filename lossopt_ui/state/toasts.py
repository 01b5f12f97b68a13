"""Toasts of callbacks in a fragment: shown when it is drawn, as Streamlit shows none before."""

import streamlit as st

_WAITING = "toasts.waiting"


def later(text: str, icon: str | None = None) -> None:
    """Say something as soon as the fragment is drawn; for callbacks."""
    st.session_state.setdefault(_WAITING, []).append((text, icon))


def show() -> None:
    """Say what waits, once."""
    for text, icon in st.session_state.pop(_WAITING, ()):
        st.toast(text, icon=icon)

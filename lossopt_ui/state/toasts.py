"""Toasts of callbacks in a fragment: shown when it is drawn, as Streamlit shows none before."""

import streamlit as st

from lossopt_ui.state.session import SessionKey

_WAITING: SessionKey[list[tuple[str, str | None]]] = SessionKey("toasts.waiting", list)


def later(text: str, icon: str | None = None) -> None:
    """Say something as soon as the fragment is drawn; for callbacks."""
    _WAITING.get().append((text, icon))


def show() -> None:
    """Say what waits, once."""
    for text, icon in _WAITING.pop():
        st.toast(text, icon=icon)

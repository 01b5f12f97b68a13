"""Toasts from callbacks in a fragment, shown once the fragment is drawn."""

import streamlit as st

from lossopt_ui.state.session import SessionKey

_WAITING: SessionKey[list[tuple[str, str | None]]] = SessionKey("toasts.waiting", list)


def later(text: str, icon: str | None = None) -> None:
    """Show a toast when the fragment is drawn next; for callbacks."""
    _WAITING.get().append((text, icon))


def show() -> None:
    """Show the pending toasts."""
    for text, icon in _WAITING.pop():
        st.toast(text, icon=icon)

"""Trainings that ended with the program that did them: said when somebody comes back."""

import streamlit as st

from lossopt_core import Experiment, StoreError
from lossopt_core.underway import Underway
from lossopt_ui import training, workspace

_LEFT = "interrupted.left"


def offer() -> None:
    """Say once a visit what was interrupted, and offer to go on with it."""
    if _LEFT not in st.session_state:
        try:
            st.session_state[_LEFT] = Underway(workspace.store()).interrupted()
        except StoreError:  # who looks at runs will be told
            return
    left: dict[str, list[Experiment]] = st.session_state[_LEFT]
    if not left:
        return
    runs = sum(map(len, left.values()))
    one = runs == 1
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"A training was interrupted when the app stopped: {runs:,} run{'s' * (not one)}"
            f" {'is' if one else 'are'} missing.",
            icon=":material/power_off:",
        )
        st.button("Train the rest", key="resume", type="primary", on_click=_resume)
        st.button("Forget it", key="forget-interrupted", on_click=_forget)


def _resume() -> None:
    left: dict[str, list[Experiment]] = st.session_state[_LEFT]
    if training.begin([each for missing in left.values() for each in missing]):
        _forget()


def _forget() -> None:
    try:
        Underway(workspace.store()).end(st.session_state[_LEFT])
    except StoreError as error:
        st.toast(f"It will be said again: {error}.", icon=":material/error:")
    st.session_state[_LEFT] = {}

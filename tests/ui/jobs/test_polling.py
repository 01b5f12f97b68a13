"""Polling and redrawing of a part of a page."""

from contextlib import nullcontext
from unittest.mock import Mock

import pytest
from streamlit.testing.v1 import AppTest

from lossopt_ui.jobs import polling


def page() -> None:
    import streamlit as st

    from lossopt_core import StoreError
    from lossopt_ui.jobs import polling

    st.session_state.run = st.session_state.get("run", 0) + 1

    def draw(seen: int) -> None:
        if seen == 2:
            raise StoreError("the store is locked")
        st.write(f"seen {seen}")

    polling.watch(lambda: int(st.session_state.run), lambda seen: True, draw)


class RerunError(Exception):
    """Replaces Streamlit's exception, which only a running page can raise."""


@pytest.mark.parametrize(("a_look", "again"), [(0.0, False), (0.12, False), (0.3, True)])
def test_polling_slows_down_on_a_busy_machine(
    a_look: float, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pace, drawn = polling.Pace(), []
    monkeypatch.setattr(polling, "_pace", lambda: pace)
    monkeypatch.setattr("streamlit.rerun", Mock(side_effect=RerunError))
    pace.seconds = a_look
    part = polling._Part(lambda: 1, lambda seen: True, drawn.append, None, True, seconds=0.5)
    with pytest.raises(RerunError) if again else nullcontext():
        polling._show(part, 0.5)
    assert drawn == ([] if again else [1])


def test_a_transient_store_failure_is_reported_and_polling_continues() -> None:
    app = AppTest.from_function(page).run()
    assert app.markdown[0].value == "seen 1"
    app.run()
    assert "the store is locked" in app.error[0].value
    app.run()
    assert not app.error
    assert app.markdown[0].value == "seen 3"

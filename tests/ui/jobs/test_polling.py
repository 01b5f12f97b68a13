"""Polling and redrawing of a part of a page."""

import math
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


@pytest.mark.parametrize(("a_look", "again"), [(0.0, False), (0.18, False), (0.3, True)])
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


def test_a_poll_waits_for_what_is_nearly_over_but_the_first_look_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(polling, "_pace", polling.Pace)
    order: list[str] = []

    def look() -> str:
        order.append("look")
        return "seen"

    part = polling._Part(look, lambda seen: True, order.append, "at first", True, 0.5,
                         lambda: order.append("wait"))  # fmt: skip
    polling._show(part, 0.5)
    assert order == ["at first"]
    order.clear()
    polling._show(part, 0.5)
    assert order == ["wait", "look", "seen"]


def test_the_first_poll_comes_when_something_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, intervals = polling.Pace(), []
    monkeypatch.setattr(polling, "_pace", lambda: pace)
    monkeypatch.setattr(
        "streamlit.fragment",
        lambda call, run_every: (intervals.append(run_every), lambda *given: None)[1],
    )
    pace.seconds = 0.5
    for due in (math.inf, 60.0, 0.7, 0.01):
        polling.watch(lambda: 1, lambda seen: True, lambda seen: None, due=due)
    assert intervals == [2.5, 2.5, 0.7, polling.SOONEST]
    pace.seconds = 0.0
    polling.watch(lambda: 1, lambda seen: True, lambda seen: None, due=0.9)
    assert intervals[-1] == 0.9, "not every half a second until then"


def test_the_more_visitors_poll_the_less_often_each_does() -> None:
    pace = polling.Pace()
    shares = []
    for visitors in range(1, 6):
        with pace.measured(visitors, 60.0):
            pass
        pace.seconds = 0.1
        shares.append(visitors * pace.seconds / pace.between(0.01))
    assert shares == pytest.approx([1 / polling.REST] * 5)
    pace.seconds = 60.0
    assert pace.between(0.01) == polling.MAX_SECONDS


def test_who_has_not_polled_again_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    pace, now = polling.Pace(), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    for visitor, interval in (("quick", 0.5), ("slow", 4.0)):
        with pace.measured(visitor, interval):
            pass
    pace.seconds = 0.2
    alone = polling.REST * pace.seconds
    for now[0], others in ((100.0, 2), (101.0, 2), (102.0, 1), (104.0, 1), (105.0, 1)):
        assert pace.between(0.01) == pytest.approx(alone * others)


def test_a_transient_store_failure_is_reported_and_polling_continues() -> None:
    app = AppTest.from_function(page).run()
    assert app.markdown[0].value == "seen 1"
    app.run()
    assert "the store is locked" in app.error[0].value
    app.run()
    assert not app.error
    assert app.markdown[0].value == "seen 3"

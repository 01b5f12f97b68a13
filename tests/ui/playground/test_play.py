"""Play and pause, as the button's callback asks for them."""

import pytest
import streamlit

from lossopt_ui.playground import play
from lossopt_ui.playground.play import Play


class Clock:
    """Shows the time that a test sets."""

    time = 100.0

    def monotonic(self) -> float:
        return self.time


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(play, "time", clock)
    return clock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Play:
    """The session's playground, drawn while it plays, some time ago."""
    monkeypatch.setattr(streamlit, "session_state", {})
    session = play.session()
    session.playing = True
    play.note_label(session)
    clock.time += 5
    return session


def test_a_click_that_is_delivered_twice_pauses_once(now: Play) -> None:
    play.set_playing(False)
    play.set_playing(False)
    assert not now.playing
    play.note_label(now)
    play.set_playing(True)  # the same click again, when the button already says Play
    assert not now.playing


def test_an_answer_to_what_the_button_says_counts(now: Play, clock: Clock) -> None:
    play.set_playing(False)
    play.note_label(now)
    clock.time += 1
    play.set_playing(True)
    assert now.playing

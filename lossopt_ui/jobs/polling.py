"""A part of a page that polls and redraws while something runs in the background."""

import math
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from lossopt_ui.identity import visitor, workspace
from lossopt_ui.jobs import render_gate

SOONEST, SOON = 0.2, 1.0
"""Bounds of the wait for something that is due; polls before would only slow it down."""
REST = 5.0
"""Shortest interval as a multiple of the duration of a poll and of the number of visitors who poll:
with many of them polling would take all the time."""
MIN_SECONDS, MAX_SECONDS = 0.5, 5.0
"""Bounds of the interval between two polls."""
Seen = TypeVar("Seen")


@dataclass(eq=False)
class _Part(Generic[Seen]):
    """State that a fragment keeps between polls.

    first     the result of the first poll, None once it has been drawn
    seconds   interval between two polls
    linger    waits a moment if what is watched is nearly over
    """

    look: Callable[[], Seen]
    goes_on: Callable[[Seen], bool]
    draw: Callable[[Seen], None]
    first: Seen | None
    polling: bool
    seconds: float
    linger: Callable[[], None] = lambda: None


class Pace:
    """Moving average of the duration of a poll, including the wait for its turn; and who polls."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._next: dict[Hashable, float] = {}

    @contextmanager
    def measured(self, owner: Hashable, interval: float) -> Iterator[None]:
        """Measure one poll, which may end in an exception of Streamlit's."""
        begun = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            self.seconds += (now - begun - self.seconds) / 8
            self._next[owner] = now + interval

    def between(self, least: float) -> float:
        """The interval between two polls, given the shortest one on an idle server."""
        late = time.monotonic() - self.seconds - MIN_SECONDS
        self._next = {each: due for each, due in [*self._next.items()] if due > late}
        polling = max(1, len(self._next))
        return max(least, min(MAX_SECONDS, REST * self.seconds * polling))


@st.cache_resource
def _pace() -> Pace:
    return Pace()


def watch(
    look: Callable[[], Seen],
    goes_on: Callable[[Seen], bool],
    draw: Callable[[Seen], None],
    *,
    seconds: float = MIN_SECONDS,
    due: float = math.inf,
    linger: Callable[[], None] = lambda: None,
) -> None:
    """Draw the result of `look`, and poll again as long as it `goes_on`: a fragment of the page.

    Polls are `seconds` apart, or more on a busy machine; the first one comes when something is
    `due`, if that is soon. Each may `linger` for what is nearly over: a poll shortly before the end
    would draw what is outdated at once, and the next one would come late. At the end the whole page
    is rerun, so that its other parts are updated.
    """
    between = max(SOONEST, due) if due < SOON else _pace().between(seconds)
    first = look()
    part = _Part(look, goes_on, draw, first, goes_on(first), between, linger)
    st.fragment(_show, run_every=between if part.polling else None)(part, seconds)


def _show(part: _Part[Seen], least: float) -> None:
    if part.polling and part.first is None:
        part.linger()
    # A fragment that is rerun by itself has no page around it, so it catches errors here.
    with (
        _pace().measured(visitor.owner(), part.seconds),
        render_gate.PAGES.turn(visitor.owner()),
        workspace.store_errors_shown(),
        workspace.store_in_use(),
    ):
        seen = part.look() if part.first is None else part.first
        if part.polling and part.first is None:
            now = _pace().between(least)
            if not part.goes_on(seen) or not part.seconds / 4 < now < part.seconds * 2:
                st.rerun()  # ends polling, or restarts it with another interval
        part.first = None
        part.draw(seen)

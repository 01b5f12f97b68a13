"""A part of a page that is drawn again and again while something goes on elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

import streamlit as st

from lossopt_ui.identity import visitor, workspace
from lossopt_ui.jobs import render_gate

SECONDS = 0.5
"""Between two looks, at least."""
REST = 6.0
"""How many times as long as a look takes there is until the next: where many look, each does so
less often, or nobody would have time for anything else."""
MOST_SECONDS = 5.0
Seen = TypeVar("Seen")


@dataclass(eq=False)
class _Part(Generic[Seen]):
    """A fragment keeps it from one look to the next.

    first     what was seen when the page was run, None once that has been drawn
    seconds   between two looks
    """

    look: Callable[[], Seen]
    goes_on: Callable[[Seen], bool]
    draw: Callable[[Seen], None]
    first: Seen | None
    polling: bool
    seconds: float


class Pace:
    """How long looks take here, with the wait for their turn; the last ones count most."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def measured(self) -> Iterator[None]:
        """A look, which may end in an exception of Streamlit's."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.seconds += (time.monotonic() - begun - self.seconds) / 8

    def between(self, least: float) -> float:
        """The seconds between two looks that are at least so far apart where nobody is busy."""
        return max(least, min(MOST_SECONDS, REST * self.seconds))


@st.cache_resource
def _pace() -> Pace:
    return Pace()


def watch(
    look: Callable[[], Seen],
    goes_on: Callable[[Seen], bool],
    draw: Callable[[Seen], None],
    *,
    seconds: float = SECONDS,
) -> None:
    """Draw what `look` sees, and look again as long as that `goes_on`: a fragment of the page.

    Looks are `seconds` apart, or more where the machine is busy.  Once it has ended the whole
    page is run, so that its other parts know.
    """
    between = _pace().between(seconds)
    first = look()
    part = _Part(look, goes_on, draw, first, goes_on(first), between)
    st.fragment(_show, run_every=between if part.polling else None)(part, seconds)


def _show(part: _Part[Seen], least: float) -> None:
    # A fragment that is run again by itself has no page around it that could catch.
    with _pace().measured(), render_gate.PAGES.turn(visitor.owner()), workspace.unreadable_said():
        seen = part.look() if part.first is None else part.first
        if part.polling and part.first is None:
            now = _pace().between(least)
            if not part.goes_on(seen) or not part.seconds / 4 < now < part.seconds * 2:
                st.rerun()  # ends the polling, or begins another: its pace is the page's
        part.first = None
        part.draw(seen)

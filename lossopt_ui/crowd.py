"""Few pages are drawn at a time, in the order in which visitors asked for them.

Python runs one thread at a time.  Where a hundred want to go on, it is busy with changing from one
to the next, and nobody's page is complete before everybody's is.
"""

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1
PATIENCE = 4.0
"""Seconds after which somebody goes in regardless: those inside may wait for a store."""


class Crowd:
    """Threads that want to go in where only a few may be."""

    def __init__(self, places: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._free = self._places = places
        self._nobody = threading.Event()
        self._nobody.set()
        self._patience = patience
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()
        self._own = threading.local()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """What is done within is done with few others; who is inside already stays so."""
        if getattr(self._own, "inside", False):
            yield
            return
        self._enter()
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """For somebody inside who only waits meanwhile: others may go in."""
        if not getattr(self._own, "inside", False):
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter()

    def wait_until_empty(self, seconds: float) -> None:
        """Wait until nobody is inside, or for so long."""
        self._nobody.wait(seconds)

    def _enter(self) -> None:
        place = threading.Event()
        with self._lock:
            self._nobody.clear()
            if self._free > 0:
                self._free -= 1
                place.set()
            else:
                self._waiting.append(place)
        if not place.wait(self._patience):
            with self._lock:
                if not place.is_set():
                    self._waiting.remove(place)
                    self._free -= 1
        self._own.inside = True

    def _leave(self) -> None:
        self._own.inside = False
        with self._lock:
            self._free += 1
            if self._waiting and self._free > 0:
                self._free -= 1
                self._waiting.popleft().set()
            if self._free == self._places:
                self._nobody.set()


PAGES = Crowd()
"""All pages of this program."""

"""A gate that lets few pages render at a time, with turns between owners.

Python runs one thread at a time. With a hundred pages rendering at once it would spend its time
switching between them, and no page would be complete before all are. Owners take turns, so that
a visitor with many tabs delays others no more than a visitor with one.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

AT_ONCE = 1
PATIENCE = 4.0
"""Seconds after which an owner's next page enters regardless: the last may wait for the store."""
PATIENCE_WITH_OTHERS = 1.0
"""The same if the pages inside belong to others: nobody should wait for their heavy page."""

TO_DRAW = 0.06
"""Seconds that a browser needs to draw a chart."""


@dataclass(eq=False)
class _Place:
    """A thread that waits at the gate, or is inside since some time."""

    owner: Hashable
    since: float = 0.0
    inside: threading.Event = field(default_factory=threading.Event)


class RenderGate:
    """Limits how many threads are inside, with patience in seconds.

    Patience grows with the number of threads inside, so that they do not all enter regardless
    as soon as everything is slow.
    """

    def __init__(
        self,
        places: int = AT_ONCE,
        patience: float = PATIENCE,
        with_others: float = PATIENCE_WITH_OTHERS,
    ) -> None:
        self._places = places
        self._patience = patience
        self._with_others = with_others
        self._inside: list[_Place] = []
        self._waiting: OrderedDict[Hashable, deque[_Place]] = OrderedDict()
        self._lock = threading.Lock()
        self._own = threading.local()

    @property
    def waiting(self) -> int:
        """Number of threads waiting."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @contextmanager
    def turn(self, owner: Hashable = None) -> Iterator[None]:
        """Wait for a turn and hold it; reentrant within a thread."""
        if self._place is not None:
            yield
            return
        self._enter(owner)
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def outside(self) -> Iterator[None]:
        """Give up the turn while the thread only waits, and take one again afterwards."""
        place = self._place
        if place is None:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(place.owner)

    def let_browser_draw(self) -> None:
        """Wait a moment outside, so that what has been sent is on the screen before the rest.

        Whatever reaches a browser while it prepares to draw makes it start over.
        """
        with self.outside():
            time.sleep(TO_DRAW)

    @property
    def _place(self) -> _Place | None:
        """The state of this thread, if it is inside."""
        return getattr(self._own, "place", None)

    def _enter(self, owner: Hashable) -> None:
        place = _Place(owner)
        with self._lock:
            self._waiting.setdefault(owner, deque()).append(place)
            self._admit()
        while not place.inside.wait(min(self._patience, self._with_others) / 2):
            with self._lock:
                self._admit()
        self._own.place = place

    def _leave(self) -> None:
        with self._lock:
            self._inside.remove(self._own.place)
            self._own.place = None
            self._admit()

    def _admit(self) -> None:
        """Admit waiting threads, the owner who has waited longest first."""
        while True:
            now = time.monotonic()
            owner = next(((each,) for each in self._waiting if self._has_room(each, now)), None)
            if owner is None:
                return
            places = self._waiting.pop(owner[0])
            place = places.popleft()
            if places:
                self._waiting[owner[0]] = places
            place.since = now
            self._inside.append(place)
            place.inside.set()

    def _has_room(self, owner: Hashable, now: float) -> bool:
        """Whether another thread of this owner may enter.

        Threads that have been inside for longer than the patience do not count.
        """
        own = sum(place.owner == owner for place in self._inside)
        patience = {True: self._patience * own, False: self._with_others * len(self._inside)}
        counting = (now < each.since + patience[each.owner == owner] for each in self._inside)
        return sum(counting) < self._places


PAGES = RenderGate()
"""All pages of this process."""

"""Few pages are drawn at a time, and those who ask for them take turns.

Python runs one thread at a time.  Where a hundred want to go on, it is busy with changing from one
to the next, and nobody's page is complete before everybody's is.  Turns go round between owners,
so that somebody with many tabs keeps others waiting no longer than somebody with one.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

AT_ONCE = 1
PATIENCE = 4.0
"""Seconds after which an owner's next page goes in regardless: the last may wait for a store."""
PATIENCE_WITH_OTHERS = 1.0
"""The same where those inside are others': a heavy page of theirs must not be waited for."""


@dataclass(eq=False)
class _Place:
    """One that wants to go in, or is inside since some time."""

    owner: Hashable
    since: float = 0.0
    inside: threading.Event = field(default_factory=threading.Event)


class RenderGate:
    """Threads that want to go in where only a few may be.

    Patience grows with the number of those inside, so that they do not all go in regardless as
    soon as everything is slow.
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
        self._nobody = threading.Event()
        self._nobody.set()
        self._lock = threading.Lock()
        self._own = threading.local()

    @property
    def waiting(self) -> int:
        """How many wait to go in."""
        with self._lock:
            return sum(map(len, self._waiting.values()))

    @contextmanager
    def turn(self, owner: Hashable = None) -> Iterator[None]:
        """What is done within is done with few others; who is inside already stays so."""
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
        """For somebody inside who only waits meanwhile: others may go in."""
        place = self._place
        if place is None:
            yield
            return
        self._leave()
        try:
            yield
        finally:
            self._enter(place.owner)

    def wait_until_empty(self, seconds: float) -> None:
        """Wait until nobody is inside, or for so long."""
        self._nobody.wait(seconds)

    @property
    def _place(self) -> _Place | None:
        """The place of this thread, if it is inside."""
        return getattr(self._own, "place", None)

    def _enter(self, owner: Hashable) -> None:
        place = _Place(owner)
        with self._lock:
            self._nobody.clear()
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
            if not self._inside:
                self._nobody.set()

    def _admit(self) -> None:
        """Let in whoever may go, the owner who has waited longest for a turn first."""
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
        """Whether another of this owner's may go in beside those inside.

        Whoever is inside for longer than one has patience with does not count.
        """
        own = sum(place.owner == owner for place in self._inside)
        patience = {True: self._patience * own, False: self._with_others * len(self._inside)}
        counting = (now < each.since + patience[each.owner == owner] for each in self._inside)
        return sum(counting) < self._places


PAGES = RenderGate()
"""All pages of this program."""

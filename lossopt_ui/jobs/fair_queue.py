"""A queue in which owners take turns, however much each of them has brought."""

import math
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Hashable
from contextlib import suppress
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Turns(Generic[Thing]):
    """Things that wait, by their owners; threads may share it.

    at_once   how many things of one owner may be taken and not yet done
    """

    def __init__(self, at_once: float = math.inf) -> None:
        self._at_once = at_once
        self._waiting: OrderedDict[Hashable, deque[Thing]] = OrderedDict()
        self._taken: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def of(self, owner: Hashable) -> tuple[Thing, ...]:
        """What an owner has waiting, the first in turn first."""
        with self._changed:
            return tuple(self._waiting.get(owner, ()))

    def add(self, owner: Hashable, thing: Thing) -> None:
        """Let a thing wait: behind its owner's others, and after every other owner's first."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(thing)
            self._changed.notify_all()

    def discard(self, owner: Hashable, thing: Thing) -> bool:
        """Let a thing wait no longer; whether it did."""
        with self._changed, suppress(KeyError, ValueError):
            things = self._waiting[owner]
            things.remove(thing)
            if not things:
                del self._waiting[owner]
            return True
        return False

    def take(self) -> tuple[Hashable, Thing]:
        """Wait for the next thing, and its owner, who is the last to have a turn again."""
        with self._changed:
            while (owner := self._next()) is None:
                self._changed.wait()
            things = self._waiting.pop(owner[0])
            thing = things.popleft()
            if things:
                self._waiting[owner[0]] = things
            self._taken[owner[0]] += 1
            return owner[0], thing

    def _next(self) -> tuple[Hashable] | None:
        """Whose turn it is: whoever has waited longest, of those who may have another."""
        free = (owner for owner in self._waiting if self._taken[owner] < self._at_once)
        return next(((owner,) for owner in free), None)

    def done(self, owner: Hashable) -> None:
        """One thing that was taken is no longer worked on."""
        with self._changed:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
            self._changed.notify_all()

    def before(self, thing: Thing) -> list[Thing]:
        """What is taken before it; all that waits where it does not wait."""
        with self._changed:
            rounds = [list(things) for things in self._waiting.values()]
        deepest = max(map(len, rounds), default=0)
        order = [things[turn] for turn in range(deepest) for things in rounds if turn < len(things)]
        return order[: order.index(thing)] if thing in order else order

"""A queue in which owners take turns, however much each of them has brought."""

import threading
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Turns(Generic[Thing]):
    """Things that wait, by their owners; threads may share it."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[Hashable, deque[Thing]] = OrderedDict()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def add(self, owner: Hashable, thing: Thing) -> None:
        """Let a thing wait: behind its owner's others, and after every other owner's first."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(thing)
            self._changed.notify()

    def take(self) -> Thing:
        """Wait for the next thing.  Its owner is the last to have a turn again."""
        with self._changed:
            while not self._waiting:
                self._changed.wait()
            owner, things = self._waiting.popitem(last=False)
            thing = things.popleft()
            if things:
                self._waiting[owner] = things
            return thing

    def before(self, thing: Thing) -> list[Thing]:
        """What is taken before it; all that waits where it does not wait."""
        with self._changed:
            rounds = [list(things) for things in self._waiting.values()]
        deepest = max(map(len, rounds), default=0)
        order = [things[turn] for turn in range(deepest) for things in rounds if turn < len(things)]
        return order[: order.index(thing)] if thing in order else order

"""A round-robin queue: owners take turns, however many items each of them has.

What is urgent goes before all that is not.
"""

import math
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

Item = TypeVar("Item")


class FairQueue(Generic[Item]):
    """Waiting items by owner; thread-safe.

    at_once   how many items of one owner may be in progress at the same time
    urgent    whether an item goes before those that are not
    """

    def __init__(
        self, at_once: float = math.inf, *, urgent: Callable[[Item], bool] = lambda _: True
    ) -> None:
        self._at_once = at_once
        self._urgent = urgent
        self._waiting: OrderedDict[Hashable, deque[Item]] = OrderedDict()
        self._taken: Counter[Hashable] = Counter()
        self._changed = threading.Condition()

    def __len__(self) -> int:
        with self._changed:
            return sum(map(len, self._waiting.values()))

    def of(self, owner: Hashable) -> tuple[Item, ...]:
        """The waiting items of an owner, in order."""
        with self._changed:
            return tuple(self._waiting.get(owner, ()))

    def add(self, owner: Hashable, item: Item) -> None:
        """Add an item, behind its owner's others; owners take turns."""
        with self._changed:
            self._waiting.setdefault(owner, deque()).append(item)
            self._changed.notify_all()

    def discard(self, owner: Hashable, item: Item) -> bool:
        """Remove a waiting item; returns whether it was waiting."""
        with self._changed, suppress(KeyError, ValueError):
            items = self._waiting[owner]
            items.remove(item)
            if not items:
                del self._waiting[owner]
            return True
        return False

    def take(self) -> tuple[Hashable, Item]:
        """Wait for the next item and take it; its owner goes to the end of the queue."""
        with self._changed:
            while (found := self._next()) is None:
                self._changed.wait()
            owner, item = found
            items = self._waiting.pop(owner)
            items.remove(item)
            if items:
                self._waiting[owner] = items
            self._taken[owner] += 1
            return owner, item

    def _next(self) -> tuple[Hashable, Item] | None:
        """The item whose turn it is, of the owner who has waited longest and may have another."""
        first: tuple[Hashable, Item] | None = None
        for owner, items in self._waiting.items():
            if self._taken[owner] < self._at_once:
                urgent = next(filter(self._urgent, items), None)
                if urgent is not None:
                    return owner, urgent
                first = first or (owner, items[0])
        return first

    def done(self, owner: Hashable) -> None:
        """Mark one taken item of the owner as done."""
        with self._changed:
            self._taken[owner] -= 1
            if not self._taken[owner]:
                del self._taken[owner]
            self._changed.notify_all()

    def before(self, item: Item) -> list[Item]:
        """The items that will be taken before it; all waiting items if it is not waiting."""
        with self._changed:
            rounds = [list(items) for items in self._waiting.values()]
        deepest = max(map(len, rounds), default=0)
        order = [items[turn] for turn in range(deepest) for items in rounds if turn < len(items)]
        order.sort(key=lambda each: not self._urgent(each))
        return order[: order.index(item)] if item in order else order

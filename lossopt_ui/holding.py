"""What is made once for all visitors, and held as long as there is room for it."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Held(Generic[Thing]):
    """Things by what they are made of, the longest unused forgotten first.

    most    how much is held
    size    how much of that a thing takes
    """

    def __init__(self, most: float, size: Callable[[Thing], float]) -> None:
        self._most = most
        self._size = size
        self._things: OrderedDict[Hashable, tuple[object, Thing]] = OrderedDict()
        self._taken = 0.0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Thing], *, version: object = None) -> Thing:
        """The thing of this key and version; made where it is not held, in place of an older."""
        found = self.find(key, version=version)
        if found is None:
            found = make()
            self.hold(key, found, version=version)
        return found

    def find(self, key: Hashable, *, version: object = None) -> Thing | None:
        """The thing of this key and version, if it is held."""
        with self._lock:
            of, thing = self._things.get(key, (version, None))
            if thing is None or of != version:
                return None
            self._things.move_to_end(key)
            return thing

    def hold(self, key: Hashable, thing: Thing, *, version: object = None) -> None:
        """Hold a thing from now on, in place of any other of its key, unless it is too large."""
        with self._lock:
            self._forget(key)
            size = self._size(thing)
            if size > self._most:
                return
            self._things[key] = version, thing
            self._taken += size
            while self._taken > self._most:
                self._forget(next(iter(self._things)))

    def _forget(self, key: Hashable) -> None:
        if key in self._things:
            _, thing = self._things.pop(key)
            self._taken -= self._size(thing)

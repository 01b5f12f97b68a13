"""Caches of what is computed from experiments, runs and data.

Some data belong to somebody: they were uploaded, and only their workspace may see what follows
from them.  So every cache of such results is a `Cache`, or a function with `cached_by_data`:

- An answer is given only to a workspace that has the data.
- An entry has an owner.  It goes when the owner's data are deleted, or the whole workspace.
- An entry that nobody has used for an hour goes too, so that nothing stays in the memory of
  another process either.

A test of the architecture refuses `lru_cache`, `st.cache_data` and the like wherever the result
could follow from somebody's data.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

import cachetools

from lossopt_core.data.datasets import BROUGHT, DATASETS, Owner
from lossopt_core.experiment.description import Experiment

IDLE_SECONDS = 3600.0
"""After which an entry that nobody used is dropped."""
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


@dataclass(eq=False)
class _Entry(Generic[Result]):
    result: Result
    owner: Owner | None
    version: object
    size: float
    used: float


class Cache(Generic[Result]):
    """Results by their keys; the ones unused for longest make room for others.

    most    how much is kept
    size    how much of that a result takes; 1 each by default
    clock   seconds
    """

    def __init__(
        self,
        most: float,
        size: Callable[[Result], float] = lambda _: 1.0,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._size = size
        self._clock = clock
        self._entries: cachetools.LRUCache[Hashable, _Entry[Result]] = cachetools.LRUCache(
            most, lambda entry: entry.size
        )
        self._lock = threading.Lock()
        _ALL.add(self)

    def get(
        self,
        key: Hashable,
        make: Callable[[], Result],
        *,
        owner: Owner | None = None,
        version: object = None,
    ) -> Result:
        """The result of this key and version; made, and kept for its owner, where it is not here.

        The result of another version is replaced.
        """
        entry = self._entry(key, version)
        if entry is not None:
            return entry.result
        result = make()
        self.put(key, result, owner=owner, version=version)
        return result

    def find(self, key: Hashable, *, version: object = None) -> Result | None:
        """The result of this key and version, if it is here."""
        entry = self._entry(key, version)
        return None if entry is None else entry.result

    def put(
        self, key: Hashable, result: Result, *, owner: Owner | None = None, version: object = None
    ) -> None:
        """Keep a result in place of any other of its key, unless it is too large."""
        with self._lock:
            self._entries.pop(key, None)
            size = self._size(result)
            if size <= self._entries.maxsize:
                self._entries[key] = _Entry(result, owner, version, size, self._clock())

    def drop(self, key: Hashable) -> None:
        """Forget a result, if it is here."""
        with self._lock:
            self._entries.pop(key, None)

    def drop_owner(self, owner: Owner) -> None:
        """Forget all results of an owner."""
        self._drop_where(lambda entry: entry.owner == owner)

    def drop_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Forget what was not used for so long."""
        before = self._clock() - seconds
        self._drop_where(lambda entry: entry.used < before)

    def _entry(self, key: Hashable, version: object) -> _Entry[Result] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.version != version:
                return None
            entry.used = self._clock()
            return entry

    def _drop_where(self, condition: Callable[[_Entry[Result]], bool]) -> None:
        look_at = cachetools.Cache.__getitem__  # LRUCache's own counts as a use
        with self._lock:
            for key in [key for key in self._entries if condition(look_at(self._entries, key))]:
                del self._entries[key]


_ALL: WeakSet[Cache[Any]] = WeakSet()


def drop_owner(owner: Owner) -> None:
    """Forget, in all caches of this process, what was computed for an owner."""
    for cache in list(_ALL):
        cache.drop_owner(owner)


def drop_idle() -> None:
    """Forget, in all caches of this process, what nobody has used for an hour."""
    for cache in list(_ALL):
        cache.drop_idle()


def _all_arguments(*args: Hashable, **named: Hashable) -> Hashable:
    return args, tuple(sorted(named.items()))


def cached_by_data(
    most: float,
    *,
    size: Callable[[Any], float] = lambda _: 1.0,
    key: Callable[..., Hashable] = _all_arguments,
    owner: Callable[[], Owner | None] = lambda: None,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Cache a function by all of its arguments; the decorator for whatever follows from data.

    `key` makes one hashable value of all arguments, by default the arguments themselves.
    Results on data that everybody can make are shared, and go with whom `owner` names; those on
    uploaded data belong to the workspace that has the data.

    The function then raises MissingDataError where an experiment among its arguments, however
    deep, is on uploaded data that are not here, whether there is an entry or not.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        cache: Cache[Result] = Cache(most, size)

        @wraps(function)
        def cached(*args: Arguments.args, **named: Arguments.kwargs) -> Result:
            whose = owner_of_data((args, named))
            full_key = (whose, key(*args, **named))
            result = cache.get(full_key, lambda: function(*args, **named), owner=whose or owner())
            if whose is not None:
                try:  # the data may have been deleted meanwhile
                    owner_of_data((args, named))
                except BaseException:
                    cache.drop(full_key)
                    raise
            return result

        return cached

    return decorate


def owner_of_data(content: object) -> Owner | None:
    """Whose the uploaded data are that the experiments in `content` name; None if there are none.

    Raises MissingDataError where such data are not here.
    """
    owner = None
    for experiment in _experiments_in(content):
        if DATASETS[experiment.dataset].brought:
            owner = BROUGHT.owner(experiment.dataset_options)
    return owner


def _experiments_in(content: object) -> Iterator[Experiment]:
    if isinstance(content, Experiment):
        yield content
    elif isinstance(content, Mapping):
        for key, value in content.items():
            yield from _experiments_in(key)
            yield from _experiments_in(value)
    elif isinstance(content, list | tuple | set | frozenset):
        for each in content:
            yield from _experiments_in(each)
    elif is_dataclass(content) and not isinstance(content, type):
        for field in fields(content):
            yield from _experiments_in(getattr(content, field.name))

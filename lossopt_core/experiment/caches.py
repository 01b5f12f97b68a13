"""Caches of what is computed from experiments, runs and data.

Uploaded data belong to a workspace, and only that workspace may see results computed from
them.  So every cache of such results is a `Cache` or a function decorated by `cached_by_data`:

- A result is returned only to a workspace that has the data.
- An entry has an owner.  It is dropped when the owner's data or the whole workspace are deleted.
- An entry unused for an hour is dropped, so that nothing lingers in the memory of other
  processes.

An architecture test forbids `lru_cache`, `st.cache_data` and the like wherever a result could
depend on uploaded data.
"""

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar
from weakref import WeakSet

import cachetools

from lossopt_core.data.datasets import DATASETS, UPLOADED, Owner
from lossopt_core.experiment.description import Experiment

IDLE_SECONDS = 3600.0
"""Time after which an unused entry is dropped."""
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
    """A least-recently-used cache.

    most    total size of the entries it holds
    size    size of a result; by default 1
    clock   returns seconds
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
        """Return the result for this key and version; on a miss, compute and store it.

        A result of another version is replaced.
        """
        entry = self._entry(key, version)
        if entry is not None:
            return entry.result
        result = make()
        self.put(key, result, owner=owner, version=version)
        return result

    def find(self, key: Hashable, *, version: object = None) -> Result | None:
        """Return the result for this key and version, or None."""
        entry = self._entry(key, version)
        return None if entry is None else entry.result

    def put(
        self, key: Hashable, result: Result, *, owner: Owner | None = None, version: object = None
    ) -> None:
        """Store a result, replacing any other with its key, unless it is too large."""
        with self._lock:
            self._entries.pop(key, None)
            size = self._size(result)
            if size <= self._entries.maxsize:
                self._entries[key] = _Entry(result, owner, version, size, self._clock())

    def drop(self, key: Hashable) -> None:
        """Drop an entry if it exists."""
        with self._lock:
            self._entries.pop(key, None)

    def drop_owner(self, owner: Owner) -> None:
        """Drop all entries of an owner."""
        self._drop_where(lambda entry: entry.owner == owner)

    def drop_idle(self, seconds: float = IDLE_SECONDS) -> None:
        """Drop entries unused for this many seconds."""
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
    """Drop an owner's entries from all caches of this process."""
    for cache in list(_ALL):
        cache.drop_owner(owner)


def drop_idle(seconds: float = IDLE_SECONDS) -> None:
    """Drop entries unused for this long, by default an hour, from all caches of this process."""
    for cache in list(_ALL):
        cache.drop_idle(seconds)


def _all_arguments(*args: Hashable, **named: Hashable) -> Hashable:
    return args, tuple(sorted(named.items()))


def cached_by_data(
    most: float,
    *,
    size: Callable[[Any], float] = lambda _: 1.0,
    key: Callable[..., Hashable] = _all_arguments,
    owner: Callable[[], Owner | None] = lambda: None,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Decorate a function whose results depend on data: cache it by all of its arguments.

    `key` maps the arguments to one hashable value, by default the arguments themselves.
    Results on built-in data are shared and owned by what `owner` returns; results on uploaded
    data belong to the workspace that has the data.

    The decorated function raises MissingDataError if any experiment in its arguments, at any
    depth, uses uploaded data that are not available, even if the result is cached.
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
    """The owner of the uploaded data used by experiments in `content`; None without uploaded data.

    Raises MissingDataError if such data are not available.
    """
    owner = None
    for experiment in _experiments_in(content):
        if DATASETS[experiment.dataset].uploaded:
            owner = UPLOADED.owner(experiment.dataset_options)
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

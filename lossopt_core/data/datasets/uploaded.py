"""Where uploaded data are looked up: a place of the program, or this process's memory."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakValueDictionary

from lossopt_core.data.datasets.base import Examples, class_sizes


class MissingDataError(ValueError):
    """Uploaded data are not here; the message says which, and what to do.

    `options` are the data set's options in the experiment: fingerprint and size.
    """

    def __init__(self, message: str, options: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.options = dict(options)


@dataclass(frozen=True)
class Owner:
    """Who has uploaded data: a workspace of the store at an address."""

    address: str
    workspace: str


class Place(Protocol):
    """Where data lie that somebody brought, by their fingerprints."""

    @property
    def owner(self) -> Owner:
        """Who has uploaded the data here."""

    def has(self, mark: str, /) -> bool:
        """Whether the data with this fingerprint are here."""

    def examples(self, mark: str, /) -> Examples | None:
        """The data with this fingerprint, if they are here."""


class InMemory:
    """Examples in the memory of this program, as long as some experiment on them is there."""

    owner = Owner("memory", "arrays")

    def __init__(self) -> None:
        self._examples: WeakValueDictionary[str, Examples] = WeakValueDictionary()

    def add(self, mark: str, examples: Examples) -> None:
        """Find these examples by their fingerprint from now on."""
        self._examples[mark] = examples

    def has(self, mark: str) -> bool:
        """Whether the examples of this fingerprint are here."""
        return mark in self._examples

    def examples(self, mark: str) -> Examples | None:
        """The examples of this fingerprint, if they are here."""
        return self._examples.get(mark)


class Brought:
    """Where uploaded data are looked up: a place that the program names, then its own memory.

    here    the place for a while, in one thread
    usual   the place in all other cases, asked whenever data are wanted
    """

    def __init__(self) -> None:
        self.here: ContextVar[Place | None] = ContextVar("here", default=None)
        self.usual: Callable[[], Place | None] = lambda: None

    def place(self) -> Place | None:
        """Where data are looked for now."""
        return self.here.get() or self.usual()

    def _place_of(self, mark: str) -> Place | None:
        named = self.place()
        places = [IN_MEMORY] if named is None else [named, IN_MEMORY]
        return next((place for place in places if place.has(mark)), None)

    def check(self, options: Mapping[str, Any]) -> None:
        """MissingDataError where the data of these options are not here."""
        self.owner(options)

    def owner(self, options: Mapping[str, Any]) -> Owner:
        """Whose the data of these options are; MissingDataError where they are not here."""
        place = self._place_of(options["data"])
        if place is None:
            raise missing(options)
        return place.owner

    def class_sizes(self, mark: str) -> Mapping[str, int] | None:
        """How many examples each class of these data has, if they are here."""
        place = self._place_of(mark)
        if place is None:
            return None
        if (known := getattr(place, "class_sizes", None)) is not None:
            sizes: Mapping[str, int] | None = known(mark)
            return sizes
        examples = place.examples(mark)
        return None if examples is None else class_sizes(examples)

    def find(self, mark: str) -> Examples | None:
        """The examples of this fingerprint, if they are here."""
        place = self._place_of(mark)
        return None if place is None else place.examples(mark)


IN_MEMORY = InMemory()
BROUGHT = Brought()


def missing(options: Mapping[str, Any]) -> MissingDataError:
    """The error for uploaded data with these options."""
    return MissingDataError(
        f"the data with the fingerprint {options['data']} ({options['examples']:,} examples,"
        f" {options['features']:,} features, {options['classes']} classes) are not here: add the"
        " file that they came from",
        options,
    )

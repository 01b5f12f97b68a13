"""Lookup of uploaded data: in a configured source, or in this process's memory."""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakValueDictionary

from lossopt_core.data.datasets.base import Examples, class_sizes
from lossopt_core.texts import counted


class MissingDataError(ValueError):
    """Uploaded data are not available; the message says which, and what to do.

    `options` are the experiment's data set options: fingerprint and size.
    """

    def __init__(self, message: str, options: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.options = dict(options)


@dataclass(frozen=True)
class Owner:
    """The owner of uploaded data: a workspace of a store."""

    address: str
    workspace: str


class DataSource(Protocol):
    """A source of uploaded data by fingerprint."""

    @property
    def owner(self) -> Owner:
        """The owner of the uploaded data."""

    def has(self, fingerprint: str, /) -> bool:
        """Whether data with this fingerprint are stored here."""

    def examples(self, fingerprint: str, /) -> Examples | None:
        """The data with this fingerprint, or None."""


class InMemory:
    """Examples in memory, for as long as an experiment on them exists."""

    owner = Owner("memory", "arrays")

    def __init__(self) -> None:
        self._examples: WeakValueDictionary[str, Examples] = WeakValueDictionary()

    def add(self, fingerprint: str, examples: Examples) -> None:
        """Register examples under their fingerprint."""
        self._examples[fingerprint] = examples

    def has(self, fingerprint: str) -> bool:
        """Whether there are examples with this fingerprint."""
        return fingerprint in self._examples

    def examples(self, fingerprint: str) -> Examples | None:
        """The examples with this fingerprint, or None."""
        return self._examples.get(fingerprint)


class Uploaded:
    """Looks up uploaded data in the configured source, then in memory.

    here    the source for the current context (thread), if set
    usual   returns the default source
    """

    def __init__(self) -> None:
        self.here: ContextVar[DataSource | None] = ContextVar("here", default=None)
        self.usual: Callable[[], DataSource | None] = lambda: None

    def source(self) -> DataSource | None:
        """The current source."""
        return self.here.get() or self.usual()

    def _source_of(self, fingerprint: str) -> DataSource | None:
        named = self.source()
        sources = [IN_MEMORY] if named is None else [named, IN_MEMORY]
        return next((source for source in sources if source.has(fingerprint)), None)

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise MissingDataError if the data with these options are not available."""
        self.owner(options)

    def owner(self, options: Mapping[str, Any]) -> Owner:
        """The owner of the data with these options; MissingDataError if they are not available."""
        source = self._source_of(options["data"])
        if source is None:
            raise missing(options)
        return source.owner

    def class_sizes(self, fingerprint: str) -> Mapping[str, int] | None:
        """Number of examples per class, or None if the data are not available."""
        source = self._source_of(fingerprint)
        if source is None:
            return None
        if (known := getattr(source, "class_sizes", None)) is not None:
            sizes: Mapping[str, int] | None = known(fingerprint)
            return sizes
        examples = source.examples(fingerprint)
        return None if examples is None else class_sizes(examples)

    def find(self, fingerprint: str) -> Examples | None:
        """The examples with this fingerprint, or None."""
        source = self._source_of(fingerprint)
        return None if source is None else source.examples(fingerprint)


IN_MEMORY = InMemory()
UPLOADED = Uploaded()


def missing(options: Mapping[str, Any]) -> MissingDataError:
    """The error for uploaded data with these options."""
    return MissingDataError(
        f"the data with the fingerprint {options['data']} ({options['examples']:,} examples,"
        f" {counted(options['features'], 'feature')}, {options['classes']} classes) are not"
        " available: upload the file that they came from",
        options,
    )

"""A registry of built-in entries and of entries added by installed packages.

A package adds an entry with an entry point in the registry's group, for example in
`pyproject.toml`

    [project.entry-points."lossopt.losses"]
    logistic = "my_package:Logistic"

Entry points are loaded on the first iteration over the registry, or the first lookup of a name
that is not built in.  Looking up a built-in name imports no plug-in, so plug-ins can import
lossopt_core in any order.
"""

import re
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

Entry = TypeVar("Entry")
GROUPS = "lossopt."
"""Prefix of all entry point groups."""
NAME = re.compile("[a-z][a-z0-9_]{0,39}")
"""Names are used in URLs, filters and file names."""


class PluginWarning(UserWarning):
    """A plug-in cannot be used; the message says which one and why."""


class Registry(MutableMapping[str, Entry]):
    """Entries by name: the built-in ones first, then those of plug-ins in alphabetical order.

    kind      what an entry is called: "loss"
    group     the entry point group: "lossopt.losses"
    accept    validates a loaded entry point and returns the entry; ValueError if it is invalid

    A plug-in that cannot be used is skipped with a `PluginWarning`; `problems` has the reason.
    """

    def __init__(
        self,
        kind: str,
        group: str,
        accept: Callable[[object], Entry],
        built_in: Mapping[str, Entry],
    ) -> None:
        self.kind = kind
        self.group = group
        self.problems: dict[str, str] = {}
        """Name to the reason why the plug-in entry cannot be used."""
        self._accept = accept
        self._entries = dict(built_in)
        self._origin: dict[str, str] = {}
        self._lock = threading.RLock()
        self._loading = self._complete = False

    def __getitem__(self, name: str) -> Entry:
        if name not in self._entries:
            self._load()
        return self._entries[name]

    def __setitem__(self, name: str, entry: Entry) -> None:
        self._entries[name] = entry

    def __delitem__(self, name: str) -> None:
        del self._entries[name]

    def __contains__(self, name: object) -> bool:
        if name not in self._entries:
            self._load()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(tuple(self._entries))

    def __len__(self) -> int:
        self._load()
        return len(self._entries)

    def __repr__(self) -> str:
        return f"<{self.kind} registry: {', '.join(self)}>"

    def about_unknown(self, name: str) -> str:
        """Why there is no entry with this name, for use in messages."""
        self._load()
        if name in self.problems:
            return f"the plug-in that adds this {self.kind} cannot be used"
        return f"no {self.kind} with this name is built in or added by an installed plug-in"

    def plugin_of(self, name: str) -> str | None:
        """The package that adds this entry; None for a built-in one."""
        self._load()
        return self._origin.get(name)

    def _load(self) -> None:
        if self._complete:
            return
        with self._lock:
            if self._complete or self._loading:  # a plug-in uses the registry on import
                return
            self._loading = True
            for point in _plugins().get(self.group, ()):
                self._add(point)
            self._complete = True

    def _add(self, point: EntryPoint) -> None:
        package = point.dist.name if point.dist is not None else point.module
        title = f"the {self.kind} {point.name!r} of the plug-in {package}"
        try:
            if not NAME.fullmatch(point.name):
                raise ValueError(
                    "its name must be 1 to 40 lower-case letters, digits and underscores,"
                    " starting with a letter"
                )
            if point.name in self._entries:
                owner = self._origin.get(point.name)
                holder = f"the plug-in {owner}" if owner else "lossopt itself"
                raise ValueError(f"the name is taken by {holder}")
            entry = self._accept(point.load())
        except (Exception, SystemExit) as error:  # plug-ins may raise anything on import
            reason = str(error) if isinstance(error, ValueError) else _in_words(error)
            problem = f"{title} cannot be used: {reason}"
            self.problems.setdefault(point.name, problem)
            warnings.warn(problem, PluginWarning, stacklevel=2)
            return
        self._entries[point.name] = entry
        self._origin[point.name] = package


@cache
def _plugins() -> Mapping[str, list[EntryPoint]]:
    """The entry points of all registries by group, sorted by name.

    Cached, because it scans all installed packages.
    """
    found: dict[str, list[EntryPoint]] = {}
    everything = entry_points()
    for group in everything.groups:
        if group.startswith(GROUPS):
            found[group] = sorted(everything.select(group=group), key=lambda each: each.name)
    return found


def _in_words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")

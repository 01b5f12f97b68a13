"""Recipes of figures, which allow a figure to be cached by its inputs.

Building a figure takes plotly longer than everything else on a page.  Runs do not change, and a
class that opens one link views the same runs, so a figure can be cached by a digest of its inputs.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lossopt_core import Experiment


@dataclass(frozen=True, eq=False)
class Recipe:
    """A deferred figure: a function and its arguments."""

    make: Callable[..., go.Figure]
    of: Sequence[Any]
    named: Mapping[str, Any]

    def __call__(self) -> go.Figure:
        """Build the figure."""
        return self.make(*self.of, **self.named)


def recipe(make: Callable[..., go.Figure], *of: Any, **named: Any) -> Recipe:
    """The deferred figure `make(*of, **named)`; `make` must be a pure function."""
    return Recipe(make, of, named)


@dataclass(frozen=True)
class Sent:
    """A figure as sent to the browser."""

    json: str
    solid: bool


def digest(*content: Any) -> bytes:
    """A hash of arrays, tables, experiments, runs and plain values, equal for equal contents.

    TypeError for any other type.
    """
    found = hashlib.blake2b(digest_size=16)
    for each in content:
        found.update(_digest(each))
    return found.digest()


_known: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
"""Digests of immutable objects that compare by identity: runs, data, certificates."""


def _digest(content: Any) -> bytes:
    if is_dataclass(content) and type(content).__eq__ is object.__eq__:
        found = _known.get(content)
        if found is None:
            found = _known[content] = _hash(content)
        return found
    return _hash(content)


def _hash(content: Any) -> bytes:
    found = hashlib.blake2b(type(content).__qualname__.encode(), digest_size=16)
    for part in _parts(content):
        found.update(part)
    return found.digest()


def _parts(content: Any) -> Sequence[bytes]:
    """The content of a value as bytes."""
    match content:
        case None | bool() | int() | float() | str() | np.generic():
            return [repr(content).encode()]
        case Experiment():
            return [content.id.encode()]
        case np.ndarray() if content.dtype != object:
            about = f"{content.dtype.str}{content.shape}".encode()
            return [about, np.ascontiguousarray(content).tobytes()]
        case pd.DataFrame():
            columns = [(name, content[name].to_numpy()) for name in content]
            return [_digest(part) for column in columns for part in column]
        case Mapping():
            return [_digest(part) for item in content.items() for part in item]
        case list() | tuple() | range():
            return [_digest(part) for part in content]
        case _ if is_dataclass(content):
            return [_digest(getattr(content, field.name)) for field in fields(content)]
    raise TypeError(f"a {type(content).__name__} cannot be hashed")

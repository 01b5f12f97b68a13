"""Caching of results that pages compute from runs and data.

Every argument of a `cached` function is part of the key, entries are removed with the visitor's
workspace, and a visitor without access to the data gets no result; see
`lossopt_core.experiment.caches`.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.data.datasets import UPLOADED, Owner
from lossopt_core.experiment import caches
from lossopt_ui.figures.recipes import digest

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def owner() -> Owner | None:
    """The current workspace; None if it cannot be determined."""
    try:
        place = UPLOADED.source()
    except StoreError:
        return None
    return None if place is None else place.owner


def cached(
    most: float, *, size: Callable[[Any], float] = lambda _: 1.0, spinner: str = ""
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Cache a function of runs, experiments, data or plain values, up to the total size `most`.

    Raises MissingDataError if an argument depends on uploaded data that is not available, and
    TypeError if an argument cannot be hashed.
    """

    def decorate(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        def made(*args: Arguments.args, **named: Arguments.kwargs) -> Result:
            if not spinner:
                return function(*args, **named)
            with st.spinner(spinner):
                return function(*args, **named)

        return caches.cached_by_data(
            most, size=size, key=lambda *args, **named: digest(args, named), owner=owner
        )(made)

    return decorate

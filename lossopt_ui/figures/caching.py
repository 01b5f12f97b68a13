"""How pages cache what they compute from runs and data.

`cached` is the decorator for all of it: every argument is part of the key, entries end with the
visitor's workspace, and nobody who lacks the data is answered; see
`lossopt_core.experiment.caches`.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.data.datasets import BROUGHT, Owner
from lossopt_core.experiment import caches
from lossopt_ui.figures.recipes import digest

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def owner() -> Owner | None:
    """The workspace in which this is computed; None where that cannot be told now."""
    try:
        place = BROUGHT.place()
    except StoreError:
        return None
    return None if place is None else place.owner


def cached(
    most: float, *, size: Callable[[Result], float] = lambda _: 1.0, spinner: str = ""
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """Cache a function of runs, experiments, data or plain values; `most` as `size` counts.

    Raises MissingDataError where an argument is on uploaded data that are not here, and
    TypeError where one is of a kind whose content is not known.
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

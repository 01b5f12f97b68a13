"""Where the runs are kept, and whose they are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import streamlit as st

from lossopt_core import RunStore, StoreError

LOCAL = "local"


def store() -> RunStore:
    """The store of this visitor's runs: `LOSSOPT_STORE`, or SQLite in `data/`."""
    return RunStore(workspace=LOCAL)


@contextmanager
def unreadable_said() -> Iterator[None]:
    """Where the store fails say so, instead of what would have been drawn."""
    try:
        yield
    except StoreError as error:
        st.error(f"Runs cannot be kept or found: {error}.", icon=":material/database_off:")


def delete(ids: Sequence[str]) -> None:
    """Delete runs and say so; for a button's callback."""
    try:
        store().delete(ids)
    except StoreError as error:
        st.toast(f"Nothing was deleted: {error}.", icon=":material/error:")
    else:
        st.toast(f"Deleted {len(ids)} run{'s' if len(ids) > 1 else ''}.", icon=":material/delete:")

"""Where the runs are kept, and whose they are."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import RunStore, StoreError

LOCAL = "local"


def store() -> RunStore:
    """The store of this visitor's runs: `LOSSOPT_STORE`, or SQLite in `data/`."""
    return RunStore(workspace=LOCAL)


def delete(ids: Sequence[str]) -> None:
    """Delete runs and say so; for a button's callback."""
    try:
        store().delete(ids)
    except StoreError as error:
        st.toast(f"Nothing was deleted: {error}.", icon=":material/error:")
    else:
        st.toast(f"Deleted {len(ids)} run{'s' if len(ids) > 1 else ''}.", icon=":material/delete:")

"""Where the runs are kept, and whose they are."""

import streamlit as st

from lossopt_core import RunStore

LOCAL = "local"


@st.cache_resource(max_entries=8)
def _store(workspace: str) -> RunStore:
    return RunStore(workspace=workspace)


def store() -> RunStore:
    """The store of this visitor's runs: `LOSSOPT_STORE`, or SQLite in `data/`."""
    return _store(LOCAL)

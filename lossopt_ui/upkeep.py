"""What has to be done now and then, whoever visits: workspaces that are over are removed."""

import threading
import time
from contextlib import suppress
from datetime import timedelta

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.workspaces import Workspaces
from lossopt_ui import hosting, visits

SECONDS = 3600.0


@st.cache_resource(show_spinner=False)
def begin() -> None:
    """Begin, once a program."""
    if hosting.hosted():
        address = hosting.store_address()
        threading.Thread(target=_work, args=(address,), name="upkeep", daemon=True).start()


def _work(address: str | None) -> None:
    while True:
        with suppress(StoreError):
            end_workspaces(address)
        time.sleep(SECONDS)


def end_workspaces(address: str | None) -> list[str]:
    """Remove the workspaces of visitors who have not come back in time."""
    return Workspaces(address).remove_unused(visits.VISIT, timedelta(days=hosting.KEPT_DAYS))

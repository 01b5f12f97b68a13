"""The visitor's workspace: access to the store."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import streamlit as st

from lossopt_core import RunStore, StoreError, uploads
from lossopt_core.data.datasets import MissingDataError
from lossopt_core.store import reference
from lossopt_core.store.workspaces import Workspaces
from lossopt_ui import streamlit_private
from lossopt_ui.config import budgets, mode, providers
from lossopt_ui.identity import visitor
from lossopt_ui.state import names, pages
from lossopt_ui.state.session import SessionKey

_NOTED: SessionKey[dict[str, float]] = SessionKey("workspace.noted", dict)
NOTED_SECONDS = 3600.0
"""Seconds between two updates of a workspace's last use."""


def store(name: str | None = None) -> RunStore:
    """The store of this visitor's runs, or of another workspace of theirs.

    RuntimeError in hosted mode outside a session: cookies and sign-in cannot be read there, and
    an invented workspace would look like an empty one.
    """
    if name is None and mode.hosted() and _outside_sessions():
        raise RuntimeError("the visitor's workspace is known only within a session")
    mine = name or (visitor.workspace() if mode.hosted() else mode.LOCAL)
    return RunStore(
        mode.store_address(),
        workspace=mine,
        discreet=mode.hosted(),
        budget=budgets.budget(),
    )


def references() -> RunStore:
    """The store of the reference runs."""
    return reference.runs(mode.store_address(), discreet=mode.hosted())


def store_in_use() -> AbstractContextManager[None]:
    """Keep the store open while a page is drawn, which reads it many times."""
    return references().database.in_use()


def note_visit() -> None:
    """Record that the visitor's workspace is in use, which postpones its deletion."""
    now = time.monotonic()
    noted = _NOTED.get()
    if mode.hosted() and now > noted.get("at", -math.inf) + NOTED_SECONDS:
        noted["at"] = now
        with suppress(StoreError):  # pages that read runs report it
            note = (mode.store_address(), visitor.workspace(), noted)
            # In a thread, because another writer may block it and the page should not wait.
            threading.Thread(target=_note, args=note, name="visit", daemon=True).start()


def _note(address: str | None, name: str, noted: dict[str, float]) -> None:
    try:
        Workspaces(address).note_use(name)
    except StoreError:  # retry on the next page: an unrecorded visit could cost the workspace
        noted.clear()


def retention_notice() -> str:
    """A sentence on how long this visitor's runs are saved, and who can see them."""
    if not mode.hosted():
        return "All runs are saved."
    if visitor.person() is not None:
        return "Your runs are saved until you delete them, and only you can see them."
    if not visitor.has_cookie():
        return (
            "Your runs are saved only for this visit, because the browser does not accept the"
            " cookie here. Only you can see them."
        )
    return (
        f"Your runs are saved for at least {mode.KEPT_DAYS} days after your last visit in this"
        f" browser{', or permanently once you sign in' if providers.names() else ''}. Only you can"
        " see them."
    )


def upload_store() -> uploads.UploadStore:
    """The visitor's uploaded data sets."""
    return uploads.UploadStore(store())


def upload_store_in_session() -> uploads.UploadStore | None:
    """The visitor's uploaded data sets; None outside a session, where there is no visitor."""
    return None if mode.hosted() and _outside_sessions() else upload_store()


def _outside_sessions() -> bool:
    return streamlit_private.session_id() is None


@contextmanager
def store_errors_shown() -> Iterator[None]:
    """Show store errors and missing data as messages instead of tracebacks."""
    try:
        yield
    except MissingDataError as error:
        show_missing_data(error)
    except StoreError as error:
        said = names.escape_markdown(str(error))
        st.error(f"Runs cannot be saved or loaded: {said}.", icon=":material/database_off:")


def show_missing_data(error: MissingDataError) -> None:
    """Report which data are missing, with a link to upload them."""
    st.error(f"{str(error)[0].upper()}{str(error)[1:]}.", icon=":material/dataset:")
    st.page_link(
        pages.DATA.file,
        label="Upload the file",
        icon=":material/upload_file:",
        query_params={f"own.{name}": str(value) for name, value in error.options.items()},
    )

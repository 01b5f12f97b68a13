"""Where the runs are kept, and whose they are."""

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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
"""Between two notes that a workspace is in use."""


def store(name: str | None = None) -> RunStore:
    """The store of this visitor's runs, or of another workspace of theirs.

    RuntimeError outside a session where there are many visitors: no cookie and no sign-in can be
    read there, and a made-up workspace would look like an empty one.
    """
    if name is None and mode.hosted() and _outside_sessions():
        raise RuntimeError("whose runs are meant is only known within a visitor's session")
    mine = name or (visitor.workspace() if mode.hosted() else mode.LOCAL)
    return RunStore(
        mode.store_address(),
        workspace=mine,
        discreet=mode.hosted(),
        budget=budgets.budget(),
    )


def references() -> RunStore:
    """Where the reference runs are."""
    return reference.runs(mode.store_address(), discreet=mode.hosted())


def note_visit() -> None:
    """Let the visitor's workspace be kept for its days from now on."""
    now = time.monotonic()
    noted = _NOTED.get()
    if mode.hosted() and now > noted.get("at", -math.inf) + NOTED_SECONDS:
        noted["at"] = now
        with suppress(StoreError):  # who looks at runs will be told
            note = (mode.store_address(), visitor.workspace(), noted)
            # Where another writes, this may have to wait: the page need not.
            threading.Thread(target=_note, args=note, name="visit", daemon=True).start()


def _note(address: str | None, name: str, noted: dict[str, float]) -> None:
    try:
        Workspaces(address).note_use(name)
    except StoreError:  # the next page tries again: an unnoted visit could cost the workspace
        noted.clear()


def how_kept() -> str:
    """A sentence on how long this visitor's runs are kept, and who sees them."""
    if not mode.hosted():
        return "Every run is kept."
    if visitor.person() is not None:
        return "Your runs are kept until you delete them, and nobody else sees them."
    if not visitor.has_mark():
        return (
            "Your runs are kept for as long as this visit lasts, since the browser takes no cookie"
            " here, and nobody else sees them."
        )
    return (
        f"Your runs are kept for at least {mode.KEPT_DAYS} days after your last visit in this"
        f" browser{', or for good once you sign in' if providers.names() else ''}, and nobody else"
        " sees them."
    )


def shelf() -> uploads.Shelf:
    """The visitor's own data."""
    return uploads.Shelf(store())


def shelf_in_session() -> uploads.Shelf | None:
    """The visitor's own data; None outside a session, where nobody's data are meant."""
    return None if mode.hosted() and _outside_sessions() else shelf()


def _outside_sessions() -> bool:
    return streamlit_private.session_id() is None


@contextmanager
def unreadable_said() -> Iterator[None]:
    """Where the store fails, or data are not here, say so, instead of what would be drawn."""
    try:
        yield
    except MissingDataError as error:
        say_missing(error)
    except StoreError as error:
        said = names.in_markdown(str(error))
        st.error(f"Runs cannot be kept or found: {said}.", icon=":material/database_off:")


def say_missing(error: MissingDataError) -> None:
    """Which data are missing, and where they can be added."""
    st.error(f"{str(error)[0].upper()}{str(error)[1:]}.", icon=":material/dataset:")
    st.page_link(
        pages.DATA.file,
        label="Add the file on the page Your data",
        icon=":material/upload_file:",
        query_params={f"own.{name}": str(value) for name, value in error.options.items()},
    )

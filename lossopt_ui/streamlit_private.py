"""All uses of Streamlit beyond its public API.

The public API is what Streamlit documents under `st.` and `streamlit.typing`.  Everything else may
change with any release.  It is collected here, and `tests/ui/test_streamlit_private.py` checks that
the installed version has it and behaves as expected.  For this reason `pyproject.toml` only allows
Streamlit versions for which these tests passed.

In the browser, `figures/time_travel.js` finds an element by Streamlit's
`data-testid="stElementContainer"`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import streamlit as st
from streamlit import config, runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import runtime_util
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_run_context import (
    ThreadState,
    get_run_yield_check,
)

UPLOAD_PATH = "/_stcore/upload_file/"
"""Prefix of the upload URL, followed by the ids of session and file."""
METRICS_PATH = ("_stcore", "metrics")
MEDIA_PATH = "media"
"""Part of the URLs of files that a page serves."""
LOGIN_PATH, AFTER_LOGIN_PATH = "/auth/login", "/oauth2callback"


def session_id() -> str | None:
    """The id of the session that runs in this thread; None outside of sessions."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def went_through_history() -> bool:
    """Whether this rerun was caused by the browser's Back or Forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def give_way() -> None:
    """End this run of the page if somebody has clicked since it began, or has left.

    Streamlit does so whenever something is drawn; this is for what waits without drawing.
    """
    if (check := get_run_yield_check()) is not None:
        check()


def is_of_another_part() -> bool:
    """Whether the running callback belongs to a different part of the page than the rerun.

    When a fragment reruns on a timer, the browser also sends the values of all widgets outside of
    the fragment, as they were at that time.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return False
    return ThreadState.get().fragment_id not in context.fragment_ids_this_run


class UploadedBytes(Protocol):
    """An uploaded file in Streamlit's memory."""

    @property
    def data(self) -> bytes: ...


class UploadStorage(Protocol):
    """Streamlit's storage of uploaded files, by session and file."""

    @property
    def file_storage(self) -> Mapping[str, Mapping[str, UploadedBytes]]: ...
    def remove_file(self, session_id: str, file_id: str) -> None: ...


def upload_storage() -> UploadStorage | None:
    """The server's storage of uploaded files; None if no server is running."""
    manager: Any = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    return manager if hasattr(manager, "file_storage") else None


def is_open(session: str) -> bool:
    """Whether a session is connected to a browser."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def session_in(message: bytes) -> str:
    """The session id in the first message to a browser; empty for any other message."""
    return str(ForwardMsg.FromString(message).new_session.initialize.session_id)


def bound_answers(most: int) -> None:
    """Set the size limit of messages to browsers, overriding `server.maxMessageSize`."""
    runtime_util._max_message_size_bytes = most


def is_set_by_owner(option: str) -> bool:
    """Whether the operator has set an option, rather than the app or Streamlit."""
    return config.is_manually_set(option)


def index_html() -> str:
    """The HTML page in which the app runs."""
    page = Path(st.__file__).with_name("static") / "index.html"
    return page.read_text(encoding="utf-8")

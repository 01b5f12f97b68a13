"""Everything that the app uses of Streamlit beyond its public API.

Public is what Streamlit documents under `st.` and `streamlit.typing`.  The rest may change with any
release, so it stands here alone, each part with what it is needed for, and
`tests/ui/test_streamlit_private.py` shows that the installed version has it and that it does what
is expected.  Because of it `pyproject.toml` allows only versions with which that was run.

In the browser, `figures/time_travel.js` looks for an element by Streamlit's
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
from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

UPLOAD_PATH = "/_stcore/upload_file/"
"""Before the session's id and the file's, in the address to which a browser sends a file."""
METRICS_PATH = ("_stcore", "metrics")
MEDIA_PATH = "media"
"""A part of the addresses of files that a page gives out."""
LOGIN_PATH, AFTER_LOGIN_PATH = "/auth/login", "/oauth2callback"


def session_id() -> str | None:
    """The session that runs in this thread; None outside all of them."""
    context = get_script_run_ctx(suppress_warning=True)
    return None if context is None else context.session_id


def went_through_history() -> bool:
    """Whether the page is run because of the browser's Back or Forward."""
    context = get_script_run_ctx(suppress_warning=True)
    return context is not None and context.is_history_navigation


def is_of_another_part() -> bool:
    """Whether the callback that runs belongs to another part of the page than the run.

    A fragment that runs again by itself sends all widgets along, those outside of it too, as they
    were in the browser when it asked.
    """
    context = get_script_run_ctx(suppress_warning=True)
    if context is None or not context.fragment_ids_this_run:
        return False
    return ThreadState.get().fragment_id not in context.fragment_ids_this_run


class UploadedBytes(Protocol):
    """A file as Streamlit holds it."""

    @property
    def data(self) -> bytes: ...


class UploadStorage(Protocol):
    """Where Streamlit holds uploaded files: by session, then by file."""

    @property
    def file_storage(self) -> Mapping[str, Mapping[str, UploadedBytes]]: ...
    def remove_file(self, session_id: str, file_id: str) -> None: ...


def upload_storage() -> UploadStorage | None:
    """Where this server holds uploaded files; None where no server runs."""
    manager: Any = runtime.get_instance().uploaded_file_mgr if runtime.exists() else None
    return manager if hasattr(manager, "file_storage") else None


def is_open(session: str) -> bool:
    """Whether a session has a connection to a browser now."""
    return runtime.exists() and runtime.get_instance().is_active_session(session)


def session_in(message: bytes) -> str:
    """The session's id, which the first message to a browser tells; empty in any other message."""
    return str(ForwardMsg.FromString(message).new_session.initialize.session_id)


def bound_answers(most: int) -> None:
    """Allow messages to browsers so many bytes, whatever `server.maxMessageSize` says."""
    runtime_util._max_message_size_bytes = most


def is_set_by_owner(option: str) -> bool:
    """Whether whoever runs the server has set an option, and not we or Streamlit."""
    return config.is_manually_set(option)


def index_html() -> str:
    """The page in which the app runs, as browsers get it."""
    page = Path(st.__file__).with_name("static") / "index.html"
    return page.read_text(encoding="utf-8")

"""The installed Streamlit has every private part that the app uses, and it does what is expected.

Where one of these fails after an upgrade, `lossopt_ui/streamlit_private.py` is to be adapted before
`pyproject.toml` allows the new version.
"""

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.datastructures import Headers
from streamlit import config, runtime
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime import Runtime, runtime_util
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner_utils.script_run_context import ScriptRunContext
from streamlit.runtime.uploaded_file_manager import UploadedFileRec
from streamlit.testing.v1 import AppTest
from streamlit.web.server.starlette import (
    starlette_auth_routes,
    starlette_routes,
    starlette_websocket,
)

from lossopt_ui import streamlit_private as private


def said_by(page: Callable[[], None]) -> list[str]:
    """The texts that a page of Streamlit's writes."""
    app = AppTest.from_function(page).run()
    assert not app.exception
    return [str(each.value) for each in app.text]


def test_a_session_knows_its_id() -> None:
    def page() -> None:
        import streamlit as st

        from lossopt_ui import streamlit_private

        st.text(streamlit_private.session_id())

    assert private.session_id() is None
    [told] = said_by(page)
    assert told
    assert told != "None"


def test_a_run_gives_way_to_a_newer_one() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx

        from lossopt_ui import streamlit_private

        streamlit_private.give_way()
        st.session_state.runs = st.session_state.get("runs", 0) + 1
        if st.session_state.runs == 1:
            context = get_script_run_ctx()
            assert context is not None
            context.script_requests.request_rerun(RerunData())
            streamlit_private.give_way()
        st.text(st.session_state.runs)

    private.give_way()  # outside of sessions there is nobody to give way to
    assert said_by(page) == ["2"]


def test_a_run_knows_whether_it_comes_from_back_or_forward() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx

        from lossopt_ui import streamlit_private

        st.text(streamlit_private.went_through_history())
        context = get_script_run_ctx()
        assert context is not None
        context.is_history_navigation = True
        st.text(streamlit_private.went_through_history())

    assert not private.went_through_history()
    assert said_by(page) == ["False", "True"]
    assert "is_history_navigation" in inspect.signature(ScriptRunContext.reset).parameters


def test_a_callback_knows_whether_its_own_fragment_is_run() -> None:
    def page() -> None:
        import streamlit as st
        from streamlit.runtime.scriptrunner import get_script_run_ctx
        from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

        from lossopt_ui import streamlit_private

        context = get_script_run_ctx()
        assert context is not None
        for running in (None, ["one", "two"]):
            context.fragment_ids_this_run = running
            for own in (None, "two", "three"):
                with ThreadState.scoped(fragment_id=own):
                    found = streamlit_private.is_of_another_part()
                st.text(f"{running}, {own}: {found}")

    assert not private.is_of_another_part()
    assert said_by(page) == [
        "None, None: False", "None, two: False", "None, three: False",
        "['one', 'two'], None: True", "['one', 'two'], two: False", "['one', 'two'], three: True",
    ]  # fmt: skip
    assert "fragment_ids_this_run" in inspect.signature(ScriptRunContext.reset).parameters


def test_uploaded_files_are_found_and_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert private.upload_storage() is None, "no server runs"
    manager = MemoryUploadedFileManager("/upload")
    manager.add_file("session", UploadedFileRec("file", "a.csv", "text/csv", b"1,2"))

    class Server:
        uploaded_file_mgr = manager

    monkeypatch.setattr(runtime, "exists", lambda: True)
    monkeypatch.setattr(runtime, "get_instance", Server)
    storage = private.upload_storage()
    assert storage is not None
    assert storage.file_storage["session"]["file"].data == b"1,2"
    storage.remove_file("session", "file")
    assert "file" not in storage.file_storage["session"]
    assert isinstance(inspect.getattr_static(Runtime, "uploaded_file_mgr"), property)


def test_a_server_knows_which_sessions_are_open() -> None:
    assert not private.is_open("session"), "no server runs"
    assert list(inspect.signature(Runtime.is_active_session).parameters) == ["self", "session_id"]


def test_the_first_message_tells_the_session() -> None:
    message = ForwardMsg()
    assert private.session_in(message.SerializeToString()) == ""
    message.new_session.initialize.session_id = "abc"
    assert private.session_in(message.SerializeToString()) == "abc"


def test_a_browser_names_the_session_that_it_goes_on_with_last() -> None:
    """`identity/sessions.py` takes the third subprotocol away."""
    headers = Headers({"sec-websocket-protocol": "streamlit, token, abc"})
    assert starlette_websocket._parse_subprotocols(headers) == ("streamlit", "token", "abc")


def test_answers_can_be_given_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime_util, "_max_message_size_bytes", 2_000_000)
    private.bound_answers(5)
    assert runtime_util.get_max_message_size_bytes() == 5


def test_addresses_of_the_server() -> None:
    routes, sign_in = starlette_routes, starlette_auth_routes
    assert f"/{routes.BASE_ROUTE_UPLOAD_FILE}/" == private.UPLOAD_PATH
    assert tuple(routes.ROUTE_METRICS.split("/")) == private.METRICS_PATH
    assert routes.BASE_ROUTE_MEDIA == private.MEDIA_PATH
    assert f"/{sign_in._ROUTE_AUTH_LOGIN}" == private.LOGIN_PATH
    assert f"/{sign_in._ROUTE_OAUTH_CALLBACK}" == private.AFTER_LOGIN_PATH


def test_whose_an_option_is() -> None:
    assert not private.is_set_by_owner("server.allowedHosts"), "the default"
    usual: Any = config.get_option("server.allowedHosts")
    try:
        config.set_option("server.allowedHosts", ["example.org"], "the command line")
        assert private.is_set_by_owner("server.allowedHosts")
    finally:
        config.set_option("server.allowedHosts", usual, config.ConfigOption.DEFAULT_DEFINITION)


def test_the_page_has_scripts_of_its_own() -> None:
    assert re.findall(r"<script>", private.index_html())


def test_elements_are_marked_in_the_browser() -> None:
    scripts = (Path(st.__file__).parent / "static" / "static" / "js").glob("*.js")
    assert any(b"stElementContainer" in each.read_bytes() for each in scripts)

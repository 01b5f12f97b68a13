"""A part of a page that is drawn again and again."""

from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from lossopt_core import StoreError
    from lossopt_ui import polling

    st.session_state.run = st.session_state.get("run", 0) + 1

    def draw(seen: int) -> None:
        if seen == 2:
            raise StoreError("the store is locked")
        st.write(f"seen {seen}")

    polling.watch(lambda: int(st.session_state.run), lambda seen: True, draw)


def test_a_store_that_fails_for_a_moment_is_said_and_looked_at_again() -> None:
    app = AppTest.from_function(page).run()
    assert app.markdown[0].value == "seen 1"
    app.run()
    assert "the store is locked" in app.error[0].value
    app.run()
    assert not app.error
    assert app.markdown[0].value == "seen 3"

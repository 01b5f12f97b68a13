"""Session state under typed keys: defaults last, and what is removed is gone."""

from streamlit.testing.v1 import AppTest


def test_a_value_is_its_default_until_one_is_set() -> None:
    def page() -> None:
        import streamlit as st

        from lossopt_ui.state.session import SessionKey

        key: SessionKey[list[int]] = SessionKey("numbers", list)
        st.text(key.is_set())
        key.get().append(1)
        st.text(key.get())
        key.set([2])
        st.text(key.pop())
        st.text(f"{key.is_set()} {key.pop()} {key.is_set()}")
        key.get().append(3)

    app = AppTest.from_function(page).run()
    assert [each.value for each in app.text] == ["False", "[1]", "[2]", "False [] False"]
    app.run()
    assert [each.value for each in app.text] == ["True", "[3, 1]", "[2]", "False [] False"]


def test_a_widgets_value_is_under_its_key() -> None:
    def page() -> None:
        import streamlit as st

        from lossopt_ui.state.session import WidgetKey

        key: WidgetKey[str] = WidgetKey("name")
        st.text(key.get() if key.is_set() else "not drawn")
        st.text_input("Name", "Ann", key=key.name)
        st.button("Clear", on_click=lambda: key.set(""))

    app = AppTest.from_function(page).run()
    assert app.text[0].value == "not drawn"
    assert app.text_input[0].set_value("Bob").run().text[0].value == "Bob"
    assert app.button[0].click().run().text_input[0].value == ""


def test_an_uploader_is_another_one_once_it_is_emptied() -> None:
    def page() -> None:
        import streamlit as st

        from lossopt_ui.state.session import UploaderKey

        uploader = UploaderKey("files")
        st.text(uploader.key("table"))
        uploader.empty()
        st.text(uploader.key("table"))

    app = AppTest.from_function(page).run()
    assert [each.value for each in app.text] == ["table-0", "table-1"]


def test_an_event_of_a_component_that_is_not_on_the_page_says_nothing() -> None:
    def page() -> None:
        import streamlit as st

        from lossopt_ui.state.session import component_event

        st.text(component_event("lesson-guide", "progress"))

    assert AppTest.from_function(page).run().text[0].value == "None"

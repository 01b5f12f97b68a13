"""Values that last as long as a visit, under typed keys.

Only this module touches `st.session_state`, a table of untyped values under texts; everybody else
declares a key, which says what is stored under it.  A text must not be declared twice.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import streamlit as st

Value = TypeVar("Value")


class _Key(Generic[Value]):
    """What both kinds of keys have in common."""

    def __init__(self, name: str) -> None:
        self.name = name

    def set(self, value: Value) -> None:
        """Store a value."""
        st.session_state[self.name] = value

    def is_set(self) -> bool:
        """Whether a value is stored."""
        return self.name in st.session_state

    def clear(self) -> None:
        """Remove the value, if there is one."""
        st.session_state.pop(self.name, None)

    def _stored(self) -> Value:
        value: Value = st.session_state[self.name]
        return value


class SessionKey(_Key[Value]):
    """A value of the app's own.

    name      tells it from all others in the session
    default   makes the value that holds until one is set
    """

    def __init__(self, name: str, default: Callable[[], Value]) -> None:
        super().__init__(name)
        self._default = default

    def get(self) -> Value:
        """The value.  The default is stored, so that changes made to it last."""
        try:
            return self._stored()
        except KeyError:
            self.set(value := self._default())
            return value

    def pop(self) -> Value:
        """The value, which is removed: the default holds again."""
        value = self._stored() if self.is_set() else self._default()
        self.clear()
        return value


class WidgetKey(_Key[Value]):
    """The value of a widget that is drawn with `key=` this key's name.

    Streamlit removes it once a run of the page does not draw the widget.  It can be set before the
    widget is drawn, and in callbacks.
    """

    def get(self) -> Value:
        """The value; KeyError where the widget is not drawn and nobody has set one."""
        return self._stored()


class UploaderKey(SessionKey[int]):
    """Counts the files that an uploader has taken: with another key it is an empty one."""

    def __init__(self, name: str) -> None:
        super().__init__(name, int)

    def key(self, prefix: str) -> str:
        """The widget's key."""
        return f"{prefix}-{self.get()}"

    def empty(self) -> None:
        """Let the uploader be empty from now on."""
        self.set(self.get() + 1)


def component_event(key: str, name: str) -> Any:
    """What a component of our own has sent under a name; None where it has sent nothing.

    It comes from the browser: never trust it.
    """
    return WidgetKey[dict[str, Any]](key).get().get(name)


def selected_rows(key: str) -> list[int]:
    """The rows that are selected in a table, as the browser says: some may no longer exist."""
    rows: list[int] = WidgetKey[Any](key).get()["selection"]["rows"]
    return rows

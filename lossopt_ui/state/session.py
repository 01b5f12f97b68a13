"""Typed keys for the session state.

Only this module uses `st.session_state`, an untyped dictionary.  All other modules declare keys
with the type of their value.  Names of keys must be unique.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import streamlit as st

Value = TypeVar("Value")


class _Key(Generic[Value]):
    """Shared by both kinds of keys."""

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
    """A value that the app stores in the session.

    name      unique name in the session
    default   creates the initial value
    """

    def __init__(self, name: str, default: Callable[[], Value]) -> None:
        super().__init__(name)
        self._default = default

    def get(self) -> Value:
        """The value.  A default is stored first, so that mutations persist."""
        try:
            return self._stored()
        except KeyError:
            self.set(value := self._default())
            return value

    def pop(self) -> Value:
        """Remove and return the value."""
        value = self._stored() if self.is_set() else self._default()
        self.clear()
        return value


class WidgetKey(_Key[Value]):
    """The value of a widget whose `key` is this key's name.

    Streamlit removes the value when a run of the page does not draw the widget.  It can be set
    before the widget is drawn, and in callbacks.
    """

    def get(self) -> Value:
        """The value; KeyError if the widget is not drawn and no value was set."""
        return self._stored()


class UploaderKey(SessionKey[int]):
    """Counts the accepted files of an uploader: a new widget key makes it empty again."""

    def __init__(self, name: str) -> None:
        super().__init__(name, int)

    def key(self, prefix: str) -> str:
        """The widget's key."""
        return f"{prefix}-{self.get()}"

    def empty(self) -> None:
        """Empty the uploader."""
        self.set(self.get() + 1)


def component_event(key: str, name: str) -> Any:
    """The value that one of our components sent under a name; None if it sent nothing.

    It comes from the browser and is untrusted. Components send by themselves, so an event can
    arrive when the visitor is already on another page, where the component has no state.
    """
    component = WidgetKey[dict[str, Any]](key)
    return component.get().get(name) if component.is_set() else None


def selected_rows(key: str) -> list[int]:
    """The rows selected in a table according to the browser; some may no longer exist."""
    rows: list[int] = WidgetKey[Any](key).get()["selection"]["rows"]
    return rows

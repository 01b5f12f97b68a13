"""Outgoing messages may be larger than incoming ones."""

import pytest
from streamlit.runtime import runtime_util

from lossopt_ui.app import message_limits
from tests.programs import ROOT


def test_outgoing_messages_have_their_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checks that a private variable of Streamlit still has its meaning."""
    monkeypatch.setattr(runtime_util, "_max_message_size_bytes", 2_000_000)
    assert runtime_util.get_max_message_size_bytes() == 2_000_000
    message_limits.raise_outgoing_limit()
    assert runtime_util.get_max_message_size_bytes() == message_limits.LARGEST_OUTGOING


def test_incoming_messages_are_limited_by_the_configuration() -> None:
    lines = (ROOT / ".streamlit" / "config.toml").read_text().splitlines()
    assert any(line.startswith("maxMessageSize = 2 ") for line in lines)
    assert "maxWidgetStateSize = 2" in lines

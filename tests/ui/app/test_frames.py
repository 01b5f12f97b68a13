"""What the server sends may be larger than what it takes."""

import pytest
from streamlit.runtime import runtime_util

from lossopt_ui.app import frames
from tests.programs import ROOT


def test_answers_have_a_bound_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds a private variable of Streamlit to still be what it was."""
    monkeypatch.setattr(runtime_util, "_max_message_size_bytes", 2_000_000)
    assert runtime_util.get_max_message_size_bytes() == 2_000_000
    frames.let_answers_be_larger()
    assert runtime_util.get_max_message_size_bytes() == frames.LARGEST_ANSWER


def test_what_comes_in_is_bounded_by_the_configuration() -> None:
    lines = (ROOT / ".streamlit" / "config.toml").read_text().splitlines()
    assert any(line.startswith("maxMessageSize = 2 ") for line in lines)
    assert "maxWidgetStateSize = 2" in lines

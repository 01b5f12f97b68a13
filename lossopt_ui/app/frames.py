"""WebSocket messages: small ones come in, large ones go out.

A browser sends what somebody has chosen, which is little; the server sends pictures of many runs.
Streamlit has one option for both, `server.maxMessageSize`, with which its server refuses incoming
messages before they are inflated.  So that option is set to what may come in
(`.streamlit/config.toml`), and here the other direction is given its own bound.
"""

from lossopt_ui import streamlit_private

LARGEST_ANSWER = 100_000_000
"""Bytes of a message to a browser; pages stay far below."""


def let_answers_be_larger() -> None:
    """Bound outgoing messages by themselves; to be called once the server's own bound is set."""
    streamlit_private.bound_answers(LARGEST_ANSWER)

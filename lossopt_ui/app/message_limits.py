"""Size limits of WebSocket messages: small for incoming ones, large for outgoing ones.

Browsers send values of widgets, which are small; the server sends charts of many runs. Streamlit
has one option for both, `server.maxMessageSize`, by which its server also rejects incoming
messages before decompressing them. That option is set to the incoming limit
(`.streamlit/config.toml`), and this module sets the outgoing limit.
"""

from lossopt_ui import streamlit_private

LARGEST_OUTGOING = 100_000_000
"""Most bytes of a message to a browser; pages stay far below."""


def raise_outgoing_limit() -> None:
    """Set the limit of outgoing messages. Call after the server has set its own limit."""
    streamlit_private.bound_answers(LARGEST_OUTGOING)

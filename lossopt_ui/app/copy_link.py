"""A link with a button that copies it, and a warning if nobody else can open it."""

import ipaddress
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

_component = st.components.v2.component(
    "lossopt_copy",
    html='<button type="button">Copy link</button> <span role="status"></span>',
    css=Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
    js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8"),
)
LOCAL = (
    "Only this machine, or the network it is in, knows this address. For a class, open the app at"
    " its public address first."
)


def show(link: str, *, key: str) -> None:
    """Show the link, a button that copies it and, for a local address, a warning."""
    st.code(link, language=None, wrap_lines=True)
    _component(key=key, data={"link": link})
    if is_local(link):
        st.warning(LOCAL, icon=":material/lan:")


def is_local(link: str) -> bool:
    """Whether the host of an address is known on this machine or in its network only."""
    host = (urlsplit(link).hostname or "").rstrip(".").lower()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or host.endswith((".local", ".localhost", ".internal", ".lan"))
    return not address.is_global

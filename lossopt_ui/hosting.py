"""How the app is run: on somebody's own machine, or for everybody.

Settings are environment variables; Streamlit's secrets become such.
"""

import os
import re
from functools import cache

import streamlit as st

LOCAL, HOSTED = "local", "hosted"
MODE = "LOSSOPT_MODE"
FRAMED_BY = "LOSSOPT_FRAMED_BY"
METRICS = "LOSSOPT_METRICS"
CLOSED, OPEN = "closed", "open"
KEPT_DAYS = 7
"""How long the workspace of an anonymous visitor is kept after it was used last."""


def mode() -> str:
    """`local` or `hosted`; ValueError for anything else."""
    chosen = setting(MODE) or LOCAL
    if chosen not in (LOCAL, HOSTED):
        raise ValueError(f"{MODE} must be {LOCAL} or {HOSTED}, got {chosen!r}")
    return chosen


def hosted() -> bool:
    """Whether visitors are strangers to each other."""
    return mode() == HOSTED


def setting(name: str) -> str:
    """What is set by that name, or an empty text."""
    _take_secrets()
    return os.environ.get(name, "").strip()


def framed_by() -> list[str]:
    """The websites that may show the app in a frame; ValueError for what names none."""
    sites = setting(FRAMED_BY).split()
    for site in sites:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", site):
            raise ValueError(
                f"{FRAMED_BY} must be websites such as https://school.example.org, with spaces"
                f" between them and nothing after the host, got {site!r}"
            )
    return sites


def metrics_open() -> bool:
    """Whether `/_stcore/metrics` is answered; ValueError for what is neither open nor closed."""
    chosen = setting(METRICS) or CLOSED
    if chosen not in (CLOSED, OPEN):
        raise ValueError(f"{METRICS} must be {CLOSED} or {OPEN}, got {chosen!r}")
    return chosen == OPEN


def store_address() -> str | None:
    """Where runs are kept: `LOSSOPT_STORE`; None for the usual place."""
    return setting("LOSSOPT_STORE") or None


@cache
def _take_secrets() -> None:
    st.secrets.load_if_toml_exists()

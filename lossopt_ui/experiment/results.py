"""Small parts that several pages show of results."""

import streamlit as st

ON_A_SMALL_SCREEN = "on a small screen, open it with » at the top"


def no_experiment() -> None:
    """Show a placeholder if the settings do not make a valid experiment."""
    st.info(
        "No lane makes a valid experiment, or all are hidden: see the side bar"
        f" ({ON_A_SMALL_SCREEN})."
    )


def percent(share: float) -> str:
    """Format a share as a percentage."""
    return f"{100 * share:.1f} %"

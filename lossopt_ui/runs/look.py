"""The controls of grouping and style; they offer only the settings in which the runs differ."""

from collections.abc import Collection

import pandas as pd
import streamlit as st

from lossopt_ui.runs import table_rows
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.settings import AUTOMATIC


def popover(chosen: pd.DataFrame) -> None:
    """Show the controls for the selected runs, rows of the table of runs."""
    varying = table_rows.differing(chosen)
    offered = {AUTOMATIC, *varying}
    with st.popover("Group and style", icon=":material/tune:"):
        if not varying:
            st.caption("The selected runs differ in no setting.")
        grouping(varying)
        for name in ("colour", "dash", "facet"):
            widgets.setting(name, among=offered)
        for name in ("reference", "delta"):
            widgets.setting(name)


def grouping(varying: Collection[str]) -> None:
    """Show the controls that determine which runs share a curve, and how it is drawn."""
    widgets.setting("rows")
    widgets.setting("group", among=varying)
    for name in ("centre", "band", "members"):
        widgets.setting(name)

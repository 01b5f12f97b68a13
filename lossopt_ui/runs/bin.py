"""The bin: deleted runs, which can be restored for 30 days."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lossopt_core import StoreError
from lossopt_core.store.deletion import UNDO_PERIOD
from lossopt_ui.experiment.saved_runs import Listing
from lossopt_ui.identity import workspace
from lossopt_ui.runs import run_columns, table_rows
from lossopt_ui.state import toasts
from lossopt_ui.state.names import counted, escape_markdown
from lossopt_ui.state.session import WidgetKey

MAX_DELETIONS = 12
"""Deletions that are listed; earlier ones follow once these are restored or removed."""
_SURE: WidgetKey[bool] = WidgetKey("bin-sure")


def popover(listing: Listing) -> None:
    """Show what was deleted, the last first, to be restored or removed for good."""
    binned = listing.binned
    if binned.empty:
        return
    with st.popover(f"Bin ({len(binned):,})", icon=":material/delete_sweep:"):
        st.caption(f"Deleted runs can be restored for {UNDO_PERIOD.days} days.")
        deletions = [together for _, together in binned.groupby("deleted", sort=False)]
        for number, together in enumerate(deletions[:MAX_DELETIONS]):
            _deletion(number, together)
        if len(deletions) > MAX_DELETIONS:
            st.caption(f"{len(deletions) - MAX_DELETIONS} earlier deletions are not listed.")
        st.checkbox("Remove them for good", key=_SURE.name)
        st.button(
            "Empty the bin",
            key="empty-bin",
            disabled=not (_SURE.is_set() and _SURE.get()),
            on_click=_empty,
            args=(list(binned["id"]),),
            help="Removed runs no longer take up space and cannot be restored.",
        )


def _deletion(number: int, together: pd.DataFrame) -> None:
    """Runs that were deleted at once, with the button that restores them."""
    rows = table_rows.rows_of(together.assign(reference=False), grouped=True)
    names = list(run_columns.named(rows, grouped=True))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    when = together["deleted"].iloc[0]
    at = f", {when:%Y-%m-%d %H:%M} UTC" if pd.notna(when) else ""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"{counted(len(together), 'run')}: {escape_markdown(names[0])}{more}{at}",
            width="stretch",
        )
        st.button(
            "Restore",
            key=f"restore-{number}",
            icon=":material/undo:",
            on_click=_restore,
            args=(list(together["id"]),),
        )


def _restore(ids: Sequence[str]) -> None:
    try:
        workspace.store().restore(ids)
    except (StoreError, ValueError) as error:
        toasts.later(f"Not restored: {escape_markdown(str(error))}.", icon=":material/error:")
        return
    toasts.later(f"Restored {counted(len(ids), 'run')}.", icon=":material/undo:")


def _empty(ids: Sequence[str]) -> None:
    _SURE.set(False)
    try:
        workspace.store().remove_deleted(ids)
    except StoreError as error:
        toasts.later(f"Nothing removed: {escape_markdown(str(error))}.", icon=":material/error:")

"""Handing in work: a link that carries a run with its results, which anyone can train again."""

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.exchange.sharing import pack
from lossopt_core.query.filters import FilterError, parse
from lossopt_core.training.run import DIVERGED, FINISHED
from lossopt_ui.app import copy_link
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.state import names, pages, url, widgets
from lossopt_ui.state.session import WidgetKey

MAX_OFFERED = 30
"""Latest runs that can be handed in."""
_BY: WidgetKey[str] = WidgetKey("hand-in-by")
_RUN: WidgetKey[str] = WidgetKey("hand-in-run")


def offer() -> None:
    """Show the button that opens the dialog."""
    if st.button("Hand in", key="hand-in", icon=":material/assignment_turned_in:", type="tertiary"):
        _dialog()


def goal_met(goal: str) -> set[str]:
    """Ids of the saved runs that meet a teacher's goal; all of them if it is empty or unclear."""
    table = saved_runs.table()
    try:
        return set(table["id"][parse(goal).matches(table)])
    except FilterError:
        return set(table["id"])


@st.dialog("Hand in your work")
def _dialog() -> None:
    """Which run, by whom, and the link."""
    with workspace.store_errors_shown():
        table = saved_runs.table()
        table = table[table["status"].isin([FINISHED, DIVERGED])].sort_values("created")
        ids = list(table["id"][::-1][:MAX_OFFERED])
        if not ids:
            st.info("There is no run yet. Train first, then hand in the result.")
            return
        goal = widgets.value("goal")
        met = goal_met(goal)
        ids.sort(key=lambda each: each not in met)
        experiments = workspace.store().experiments(ids)
        ids = [each for each in ids if each in experiments]
        labels = dict(
            zip(ids, names.distinguishing_names([experiments[each] for each in ids]), strict=True)
        )
        st.text_input("Your name", key=_BY.name, max_chars=pages.MAX_BY,
                      help="As your teacher knows you, or a number.")  # fmt: skip
        chosen = st.selectbox("Run", ids, format_func=labels.__getitem__, key=_RUN.name)
        if goal:
            st.caption(
                ":material/check_circle: This run meets the goal."
                if chosen in met
                else ":material/radio_button_unchecked: This run does not meet the goal."
            )
        try:
            [run] = workspace.store().load([chosen])
            handed = pack([run], run.environment)
        except (ValueError, StoreError) as error:
            st.error(names.escape_markdown(str(error)))
            return
        by = _BY.get() if _BY.is_set() else ""
        query = url.query_of({"handed": handed, "by": by, "goal": goal})
        copy_link.show(widgets.address_of(pages.HAND_INS.name, query), key="hand-in-link")
        st.caption(
            "Send this link to your teacher. It carries the run's settings and results; whoever"
            " opens it trains the run again and sees whether the results are the same."
        )

"""The sign-in controls, and the transfer of what was made before signing in.

Streamlit talks to the identity provider and stores the identity in a signed cookie; this module
draws only the user interface.
"""

import streamlit as st

from lossopt_core import StoreError
from lossopt_core.store.moving import Contents
from lossopt_core.store.quotas import BudgetError
from lossopt_core.store.workspaces import Workspaces
from lossopt_ui.config import budgets, mode, providers
from lossopt_ui.identity import visitor as visits
from lossopt_ui.identity import workspace
from lossopt_ui.state import names
from lossopt_ui.state.session import SessionKey

LONGEST_NAME = 24
"""Most characters of a name that fit beside the title of a page."""
_LEFT: SessionKey[Contents | None] = SessionKey("sign-in.left", lambda: None)
"""What this browser made before signing in; None until looked up."""
_PROBLEM = SessionKey("sign-in.problem", str)


def offer() -> None:
    """Show the sign-in button or the account; nothing if sign-in is not configured.

    Not on embedded pages (`embed=true`), because identity providers refuse to be framed.
    """
    offered = providers.names()
    if not offered or st.context.is_embedded:
        return
    visitor = visits.person()
    if visitor is not None:
        _show(visitor)
    elif len(offered) == 1:
        _button("Sign in", offered[0])
    else:
        with st.popover("Sign in", icon=":material/login:", type="tertiary", key="sign-in"):
            for provider in offered:
                _button(f"With {names.escape_markdown(provider)}", provider)


def _button(label: str, provider: str) -> None:
    st.button(label, key=f"sign-in-{provider}", icon=":material/login:", type="tertiary",
              on_click=st.login, args=(provider,))  # fmt: skip


def _show(visitor: visits.Person) -> None:
    short = visitor.name[:LONGEST_NAME] + "…" * (len(visitor.name) > LONGEST_NAME)
    shown = names.escape_markdown(short)
    with st.popover(shown, icon=":material/account_circle:", type="tertiary", key="account"):
        st.markdown(f"Signed in as **{names.escape_markdown(visitor.name)}**.")
        st.caption(
            "Your runs, data and views are saved until you delete them, and available wherever you"
            " sign in."
        )
        st.button("Sign out", key="sign-out", icon=":material/logout:", on_click=st.logout)


def offer_to_move() -> None:
    """Offer, once a session, to move what this browser made before signing in."""
    if not providers.names() or visits.person() is None:
        return
    left = _LEFT.get()
    if left is None:
        try:
            left = _workspaces().contents(visits.anonymous())
        except StoreError:  # pages that read runs report it
            return
        _LEFT.set(left)
    if left == Contents():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.info(
            f"Made in this browser before you signed in: {_in_words(left)}. Move them to your"
            f" workspace, or they will be deleted within {mode.KEPT_DAYS} days.",
            icon=":material/move_to_inbox:",
        )
        st.button("Move", key="move", type="primary", on_click=_move, args=(left,))
        st.button("Not now", key="leave", on_click=_leave)
    if problem := _PROBLEM.pop():
        st.error(f"Not moved: {names.escape_markdown(problem)}.", icon=":material/error:")


def _move(left: Contents) -> None:
    try:
        theirs, mine = visits.anonymous(), workspace.store()
        coming = _workspaces().growth(theirs, mine.workspace)
        budgets.budget().check_storage(mine.usage(), runs=coming.runs, bytes=coming.bytes)
        _workspaces().move(theirs, mine.workspace)
    except (BudgetError, StoreError) as error:
        _PROBLEM.set(str(error))
        return
    words = f"Moved to your workspace: {_in_words(left)}."
    st.toast(words, icon=":material/move_to_inbox:", duration="long")
    _leave()


def _leave() -> None:
    _LEFT.set(Contents())


def _in_words(left: Contents) -> str:
    counted = (
        (left.runs, "run", "runs"),
        (left.curves, "imported curve", "imported curves"),
        (left.data_sets, "data set", "data sets"),
        (left.views, "saved view", "saved views"),
    )
    parts = [f"{count:,} {one if count == 1 else many}" for count, one, many in counted if count]
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def _workspaces() -> Workspaces:
    return Workspaces(mode.store_address(), discreet=mode.hosted())

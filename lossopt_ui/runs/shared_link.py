"""Shared links: runs in an address are retrained here and compared with the sender's results."""

import math
from collections.abc import Sequence

import streamlit as st

from lossopt_core import Run, StoreError
from lossopt_core.exchange.sharing import (
    Reproduction,
    Shared,
    pack,
    reproduction,
    unpack,
)
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, widgets


def show() -> None:
    """Train the runs in the address, select them, and report whether they were reproduced."""
    text = widgets.value("share")
    if not text:
        return
    try:
        shared = unpack(text)
    except ValueError as error:
        st.error(
            f"In the address: {names.escape_markdown(str(error))}.", icon=":material/link_off:"
        )
        st.button("Ignore", key="drop-share", on_click=widgets.put, args=("share", ""))
        return
    experiments = [each.experiment for each in shared]
    missing_data.offer(experiments, "shared")
    if not workspace.store().missing(experiments):
        _found(shared)
        return
    watching.watch_many(experiments, wanted=True, draw=lambda running: None)
    if not workspace.store().missing(experiments):
        _found(shared)


def _found(shared: Sequence[Shared]) -> None:
    runs = workspace.store().find([each.experiment.id for each in shared], with_path=False)
    found = [reproduction(each, runs[each.experiment.id]) for each in shared]
    if not widgets.value("runs"):
        widgets.put("runs", list(runs))
    with st.container(horizontal=True, vertical_alignment="center"):
        if all(each.reproduced for each in found):
            st.success(in_words(found), icon=":material/verified:")
        else:
            st.warning(in_words(found), icon=":material/difference:")
        st.button("Dismiss", key="drop-share", on_click=widgets.put, args=("share", ""))


def in_words(found: Sequence[Reproduction]) -> str:
    """'... reproduced: largest relative difference 4e-16.', or which run differs and how."""
    many = len(found)
    what = "The shared run was" if many == 1 else f"All {many} shared runs were"
    wrong = [each for each in found if not each.reproduced]
    if not wrong:
        largest = max(each.largest for each in found)
        return f"{what} retrained and reproduced: largest relative difference {largest:.0e}."
    labels = names.distinguishing_names([each.experiment for each in found])
    lines = [
        f"{names.escape_markdown(label)}: {_what_differs(each)}"
        for label, each in zip(labels, found, strict=True)
        if not each.reproduced
    ]
    return f"Not reproduced: {len(wrong)} of {many}.  \n" + "  \n".join(lines)


def _what_differs(found: Reproduction) -> str:
    if found.status != found.expected_status:
        said = f"it {found.status} here, but {found.expected_status} where it was shared."
    else:
        finite = math.isfinite(found.largest)
        much = f"by {found.largest:.2g} (relative)" if finite else "completely"
        said = f"the objective differs {much} at update {found.update:,}."
    return f"{said} {_why(found)}"


def _why(found: Reproduction) -> str:
    """The likely reason, from the versions on both sides."""
    apart = [
        f"{name} {names.escape_markdown(there)} there, {here} here"
        for name, (there, here) in found.otherwise.items()
    ]
    if apart:
        return f"A likely reason is the versions: {'; '.join(apart)}."
    if not found.told:
        return "The sender's versions are unknown; different versions may be the reason."
    return (
        "All known versions are the same. The address may have been edited, or lossopt itself may"
        " have a different version."
    )


def _in_common(runs: Sequence[Run]) -> dict[str, str]:
    """The entries that the environments of all runs have in common."""
    found = set.intersection(*(set(run.environment.items()) for run in runs))
    return dict(sorted(found))


LONGEST_ADDRESS = 11_000
"""Most characters in a link.

The server accepts 16,384 bytes of headers. The page that opens the link adds the ids of up to 100
runs to its address, and cookies and other headers take space too. The shipped proxy has the same
limit as the server.
"""


def _link(runs: Sequence[Run]) -> str:
    """The address; ValueError if it is too long for servers."""
    link = widgets.address(share=pack(runs, _in_common(runs)))
    if len(link) > LONGEST_ADDRESS:
        room = max(1, len(runs) * LONGEST_ADDRESS // len(link))
        raise ValueError(f"a link can hold only about {room} of these {len(runs)} runs")
    return link


def offer(ids: Sequence[str]) -> None:
    """Show the link, to be copied."""
    try:
        runs = saved_runs.load(ids, with_path=False)
        st.code(_link(runs), language=None, wrap_lines=False)
    except (StoreError, ValueError) as error:
        st.warning(names.escape_markdown(f"{str(error)[0].upper()}{str(error)[1:]}."))
        return
    st.caption(
        "Opening the link retrains these runs and reports whether the results are reproduced."
    )

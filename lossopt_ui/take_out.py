"""What can be taken along of the selected runs: data, a table, a link, Python."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Run
from lossopt_core.scripts import with_lossopt, with_numpy
from lossopt_core.store_notes import notes_in
from lossopt_ui import kept, shared_link
from lossopt_ui.downloads import DATA, PROGRAMS, WHOLE, File
from lossopt_ui.kept import Member

MOST_IN_A_SCRIPT = 100
POPOVER = "take-along"


def popover(members: Sequence[Member]) -> None:
    """Buttons for the selected runs; files are made when they are asked for."""
    ids = tuple(each.id for each in members if each.experiment is not None)
    if not ids:
        return
    # What is in it takes longer than all else on the page: it is made when it is opened.
    place = st.popover("Take along", icon=":material/download:", key=POPOVER, on_change="rerun")
    if place.open:
        with place:
            _content(members, ids)


def _content(members: Sequence[Member], ids: Sequence[str]) -> None:
    st.markdown("**All evaluations, one row each**")
    with st.container(horizontal=True):
        for name, file in DATA.items():
            _button(file, "download" if name == "csv" else f"download-{name}", ids)
    st.markdown("**For other programs**")
    with st.container(horizontal=True):
        for name, file in PROGRAMS.items():
            _button(file, f"download-{name}", ids)
    st.markdown("**To keep, and to bring in again**")
    _button(WHOLE, "download-whole", ids, whole=True)
    st.markdown("**Link with these runs in it**")
    shared_link.offer(ids)
    st.markdown("**As Python**")
    _scripts(members)


def _button(file: File, key: str, ids: Sequence[str], *, whole: bool = False) -> None:
    reason = file.why_not()
    st.download_button(
        file.label,
        data=lambda: file.write(_runs(ids, whole=whole), notes_in(kept.table())),
        file_name=f"lossopt-runs.{file.ending}",
        mime=file.kind,
        icon=":material/download:",
        on_click="ignore",
        key=key,
        disabled=bool(reason),
        help=f"Not here: {reason}." if reason else None,
    )


def _runs(ids: Sequence[str], *, whole: bool) -> list[Run]:
    return kept.load(ids, with_path=whole, with_minibatch=whole)


def _scripts(members: Sequence[Member]) -> None:
    experiments = [each.experiment for each in members if each.experiment is not None]
    with_core, alone = st.tabs(["With lossopt_core", "With NumPy alone"])
    with with_core:
        if len(experiments) > MOST_IN_A_SCRIPT:
            st.caption(f"The first {MOST_IN_A_SCRIPT} runs.")
        st.code(with_lossopt(experiments[:MOST_IN_A_SCRIPT]), language="python", height=300)
    with alone:
        try:
            script = with_numpy(experiments[0])
        except ValueError as error:
            st.caption(f"{str(error)[0].upper()}{str(error)[1:]}.")
            return
        if len(experiments) > 1:
            st.caption("The first of the selected runs.")
        st.code(script, language="python", height=300)

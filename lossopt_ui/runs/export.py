"""Export of the selected runs: data files, a link, Python scripts."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from lossopt_core.exchange import archive
from lossopt_core.exchange.programs import EXTRA
from lossopt_core.exchange.scripts import with_lossopt, with_numpy
from lossopt_ui.config import mode
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.runs import files, shared_link
from lossopt_ui.runs.downloads import (
    DATA,
    PER_RUN,
    PROGRAMS,
    WHOLE,
    Kind,
)
from lossopt_ui.runs.files import File
from lossopt_ui.state import names

MAX_IN_A_SCRIPT = 100
POPOVER = "take-along"


def popover(members: Sequence[SavedRun]) -> None:
    """The Export popover of the selected runs; files are made on request."""
    ids = tuple(each.id for each in members if each.experiment is not None)
    if not ids:
        return
    # Its content takes longer than the rest of the page, so it is drawn only when opened.
    place = st.popover("Export", icon=":material/download:", key=POPOVER, on_change="rerun")
    if place.open:
        with place:
            _content(members, ids)


def _content(members: Sequence[SavedRun], ids: Sequence[str]) -> None:
    st.markdown("**One row per run**")
    st.caption("Settings, name, tags, note and results.")
    files.offer(
        *(
            _file(kind, f"download-runs-{name}", ids, ending=f"per-run.{kind.ending}")
            for name, kind in PER_RUN.items()
        )
    )
    st.markdown("**One row per evaluation**")
    rows = sum(len(each.history) for each in members if each.experiment is not None)
    st.caption(f"{names.counted(len(ids), 'run')}, {names.counted(rows, 'row')}.")
    files.offer(
        *(
            _file(kind, "download" if name == "csv" else f"download-{name}", ids)
            for name, kind in DATA.items()
        )
    )
    _programs(ids)
    st.markdown("**For Import, with weights**")
    _archive(ids)
    st.markdown("**Link that retrains these runs**")
    shared_link.offer(ids)
    st.markdown("**Python script**")
    _scripts(members)


def _file(
    kind: Kind, key: str, ids: Sequence[str], *, whole: bool = False, ending: str = ""
) -> File:
    return File(
        kind.label,
        f"lossopt-runs.{ending or kind.ending}",
        kind.media_type,
        lambda mine: kind.write(mine.runs(ids, whole=whole), mine.notes()),
        key=key,
    )


def _programs(ids: Sequence[str]) -> None:
    """Files for installed programs; in local mode, a note on how to install the others."""
    offered = {name: kind for name, kind in PROGRAMS.items() if not kind.why_not()}
    others = [kind.label for name, kind in PROGRAMS.items() if name not in offered]
    if offered:
        st.markdown("**For other programs**")
        files.offer(*(_file(kind, f"download-{name}", ids) for name, kind in offered.items()))
    if others and not mode.hosted():
        st.caption(f"Files for {' and '.join(others)} need an extra: `{EXTRA}`")


def _archive(ids: Sequence[str]) -> None:
    """Offer the runs with their weights, split into files if large; sizes are shown first."""
    sizes = saved_runs.sizes(ids)
    try:
        parts = archive.parts(sizes)
    except ValueError as error:
        st.warning(
            f"Not available: {names.escape_markdown(str(error))}. Download the evaluations instead."
        )
        return
    if not parts:
        return
    chosen = 0
    if len(parts) > 1:
        st.caption(
            f"{names.counted(len(ids), 'run')} with weights take up to"
            f" {_megabytes(sum(sizes.values()))}. The limit per file is"
            f" {_megabytes(archive.LARGEST)}, so they are split into {len(parts)} files."
        )
        chosen = st.selectbox(
            "Part",
            range(len(parts)),
            format_func=lambda k: (
                f"{k + 1} of {len(parts)}: {names.counted(len(parts[k]), 'run')},"
                f" up to {_megabytes(sum(sizes[each] for each in parts[k]))}"
            ),
            key=f"archive-part-{len(parts)}",
        )
    else:
        st.caption(f"{names.counted(len(ids), 'run')}, up to {_megabytes(sum(sizes.values()))}.")
    ending = f"part-{chosen + 1}-of-{len(parts)}.{WHOLE.ending}" if len(parts) > 1 else WHOLE.ending
    whole = replace(WHOLE, ending=ending)
    files.offer(_file(whole, "download-whole", parts[chosen], whole=True))


def _megabytes(size: float) -> str:
    return f"{max(size / 1e6, 0.01):,.2g} MB" if size < 1e7 else f"{size / 1e6:,.0f} MB"


def _scripts(members: Sequence[SavedRun]) -> None:
    experiments = [each.experiment for each in members if each.experiment is not None]
    with_core, alone = st.tabs(["lossopt_core", "NumPy only"])
    with with_core:
        if len(experiments) > MAX_IN_A_SCRIPT:
            st.caption(f"Only the first {MAX_IN_A_SCRIPT} runs.")
        st.code(with_lossopt(experiments[:MAX_IN_A_SCRIPT]), language="python", height=300)
    with alone:
        try:
            script = with_numpy(experiments[0])
        except ValueError as error:
            st.caption(f"{str(error)[0].upper()}{str(error)[1:]}.")
            return
        if len(experiments) > 1:
            st.caption("Only the first of the selected runs.")
        st.code(script, language="python", height=300)

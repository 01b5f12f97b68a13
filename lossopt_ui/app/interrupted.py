"""Trainings that ended before their time: whoever comes back is told, and can go on with them."""

from collections.abc import Hashable, Sequence

import streamlit as st

from lossopt_core import (
    DATASETS,
    LOSSES,
    OPTIMIZERS,
    StoreError,
)
from lossopt_core.experiment.description import telling_settings
from lossopt_core.store.unfinished import LOOK_SECONDS, Interrupted, Underway
from lossopt_core.training.run import STOPPED
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, url
from lossopt_ui.state.session import SessionKey

_LEFT: SessionKey[tuple[tuple[Hashable, ...], list[Interrupted]]] = SessionKey(
    "interrupted.left", lambda: ((), [])
)
"""What was found at the last look, and what it was found from."""
MOST_TOLD = 3
"""Interrupted trainings that are told at a time."""


def offer() -> None:
    """Say what was interrupted, and offer to continue or to discard it.

    Looked up at every run of a page: a tab that reconnects comes before it is known that the
    program which it was connected to is gone.
    """
    try:
        store = workspace.store()
        jobs = Underway(store).jobs()
        left = _left([job for job, interrupted in jobs.items() if interrupted])
    except StoreError:  # who looks at runs will be told
        return
    for each in left[:MOST_TOLD]:
        _say(each)
    if len(left) > MOST_TOLD:
        st.caption(f"{names.counted(len(left) - MOST_TOLD, 'more interrupted training')}.")
    if unsure := watching.of_others(job for job, interrupted in jobs.items() if not interrupted):
        st.fragment(_look_again, run_every=LOOK_SECONDS)(unsure)


def _look_again(unsure: Sequence[str]) -> None:
    """Run the page when another program's training has ended, or is found to be interrupted."""
    try:
        jobs = Underway(workspace.store()).jobs()
    except StoreError:
        return
    if any(jobs.get(job, True) for job in unsure):
        st.rerun()


def _left(jobs: Sequence[str]) -> list[Interrupted]:
    """What is left of these trainings, but for what is being trained again."""
    if not jobs:
        return []
    store = workspace.store()
    key = (store.workspace, *sorted(jobs), store.revision())
    known, left = _LEFT.get()
    if known != key:
        left = Underway(store).interrupted()
        _LEFT.set((key, left))
    again = [each.job for each in left if watching.is_trained(each.missing)]
    if again:  # whatever comes of that has a note of its own
        Underway(store).end(again)
    return [each for each in left if each.job not in again]


def _say(left: Interrupted) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(in_words(left), icon=":material/power_off:")
        st.button(
            "Continue", key=f"resume-{left.job}", type="primary", on_click=_resume, args=(left,)
        )
        st.button("Discard", key=f"discard-{left.job}", on_click=_discard, args=(left,))


def in_words(left: Interrupted) -> str:
    """'A training was interrupted: 3 runs (Hinge, SGD, Digits). 1 run is finished. ...'"""
    missing = len(left.missing)
    more = " and what follows from them" if left.comparison else ""
    again = f"**Continue** trains the {names.counted(missing, 'missing run')}{more}"
    return (
        f"A training was interrupted: {_what(left)}. {_how_much_is_kept(left)} {again} from the"
        " start; **Discard** leaves everything as it is."
    )


def _what(left: Interrupted) -> str:
    """'12 runs (Hinge, Cross-entropy; SGD; Digits; different learning rate, seed)'."""
    experiments = left.experiments
    registries = {"loss": LOSSES, "optimizer": OPTIMIZERS, "dataset": DATASETS}
    parts = []
    for name, registry in registries.items():
        values = dict.fromkeys(getattr(each, name) for each in experiments)
        parts.append(", ".join(url.label(registry[each]) for each in values))
    vary = [name for name in telling_settings(list(experiments)) if name not in registries]
    if len(experiments) > 1 and vary:
        parts.append(f"different {', '.join(map(names.of_setting, vary))}")
    told = names.in_markdown("; ".join(parts))
    tuning = "tuning, " if left.comparison else ""
    return f"{tuning}{names.counted(len(experiments), 'run')} ({told})"


def _how_much_is_kept(left: Interrupted) -> str:
    """'3 runs are finished, 1 is kept up to update 4,000 of 10,000.'"""
    finished = len({each.id for each in left.experiments}) - len(left.missing)
    table = saved_runs.table()
    by_id = {each.id: each for each in left.missing}
    begun = table[table["id"].isin(by_id) & (table["status"] == STOPPED) & (table["update"] > 0)]
    parts = [f"{names.counted(finished, 'run')} {_are(finished)} finished"] if finished else []
    if len(begun) == 1:
        [(id, update)] = begun[["id", "update"]].itertuples(index=False)
        parts.append(f"1 is saved up to update {update:,.0f} of {by_id[id].updates:,}")
    elif len(begun):
        parts.append(f"{len(begun):,} are saved up to where they were")
    return f"{', '.join(parts)}." if parts else "Nothing of it was saved."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _resume(left: Interrupted) -> None:
    if _is_still_there(left) and watching.resume(left):
        _deregister(left)


def _discard(left: Interrupted) -> None:
    _deregister(left)


def _is_still_there(left: Interrupted) -> bool:
    """Whether nobody has dealt with it meanwhile, in another tab."""
    try:
        return Underway(workspace.store()).jobs().get(left.job, False)
    except StoreError as error:
        st.toast(f"Not continued: {names.in_markdown(str(error))}.", icon=":material/error:")
        return False


def _deregister(left: Interrupted) -> None:
    try:
        Underway(workspace.store()).end([left.job])
    except StoreError as error:
        st.toast(
            f"This will be shown again: {names.in_markdown(str(error))}.", icon=":material/error:"
        )

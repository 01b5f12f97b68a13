"""Interrupted trainings: visitors who come back can continue or discard them."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import streamlit as st

from lossopt_core import (
    DATASETS,
    LOSSES,
    OPTIMIZERS,
    StoreError,
)
from lossopt_core.experiment.settings import informative_settings
from lossopt_core.store.unfinished import CHECK_SECONDS, ActiveTrainings, Interrupted
from lossopt_core.training.run import STOPPED
from lossopt_ui.experiment import saved_runs
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, url
from lossopt_ui.state.session import SessionKey

_LEFT: SessionKey[tuple[tuple[Hashable, ...], list[Interrupted]]] = SessionKey(
    "interrupted.left", lambda: ((), [])
)
"""The result of the last search, and the state of the store it was found in."""
MAX_SHOWN = 3
"""Most interrupted trainings shown at a time."""


def offer() -> None:
    """Report what was interrupted, and offer to continue or discard it.

    Looked up at every rerun of a page: a tab may reconnect before it is known that the process
    it was connected to is gone.
    """
    try:
        store = workspace.store()
        jobs = ActiveTrainings(store).jobs()
        left = _left([job for job, interrupted in jobs.items() if interrupted])
    except StoreError:  # pages that read runs report it
        return
    for each in left[:MAX_SHOWN]:
        _say(each)
    if len(left) > MAX_SHOWN:
        st.caption(f"{names.counted(len(left) - MAX_SHOWN, 'more interrupted training')}.")
    if unsure := watching.of_others(job for job, interrupted in jobs.items() if not interrupted):
        st.fragment(_look_again, run_every=CHECK_SECONDS)(unsure)


def _look_again(unsure: Sequence[str]) -> None:
    """Rerun the page once another process's training has ended or is found to be interrupted."""
    try:
        jobs = ActiveTrainings(workspace.store()).jobs()
    except StoreError:
        return
    if any(jobs.get(job, True) for job in unsure):
        st.rerun()


def _left(jobs: Sequence[str]) -> list[Interrupted]:
    """What is left of these trainings, except what is being retrained."""
    if not jobs:
        return []
    store = workspace.store()
    key = (store.workspace, *sorted(jobs), store.revision())
    known, left = _LEFT.get()
    if known != key:
        left = ActiveTrainings(store).interrupted()
        _LEFT.set((key, left))
    again = [each.job for each in left if each.missing and watching.is_trained(each.missing)]
    if again:  # the new training is registered by itself
        ActiveTrainings(store).end(again)
    return [each for each in left if each.job not in again]


def _say(left: Interrupted) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(in_words(left), icon=":material/power_off:")
        if not left.needs:
            st.button(
                "Continue", key=f"resume-{left.job}", type="primary", on_click=_resume, args=(left,)
            )
        st.button("Discard", key=f"discard-{left.job}", on_click=_discard, args=(left,))


def in_words(left: Interrupted) -> str:
    """'Training was interrupted: 3 runs (Hinge; SGD; Digits). 1 run is finished. ...'"""
    if left.needs:
        return (
            "Training was interrupted. It can be continued once the plug-in that adds"
            f" {names.escape_markdown(left.needs)} is installed again. **Discard** dismisses this"
            " message and keeps what is saved."
        )
    missing = len(left.missing)
    more = " and those that follow tuning" if left.tuned else ""
    again = f"**Continue** trains the {names.counted(missing, 'missing run')}{more} from scratch."
    return (
        f"Training was interrupted: {_what(left)}. {_how_much_is_saved(left)} {again} **Discard**"
        " dismisses this message and keeps what is saved."
    )


def _what(left: Interrupted) -> str:
    """'12 runs (Hinge, Cross-entropy; SGD; Digits; different learning rate, seed)'."""
    experiments = left.experiments
    registries: Mapping[str, Mapping[str, Any]] = {
        "loss": LOSSES,
        "optimizer": OPTIMIZERS,
        "dataset": DATASETS,
    }
    parts = []
    for name, registry in registries.items():
        values = dict.fromkeys(getattr(each, name) for each in experiments)
        parts.append(", ".join(url.label(registry[each]) for each in values))
    vary = [name for name in informative_settings(list(experiments)) if name not in registries]
    if len(experiments) > 1 and vary:
        parts.append(f"varying {', '.join(map(names.setting_name, vary))}")
    told = names.escape_markdown("; ".join(parts))
    tuning = "tuning, " if left.tuned else ""
    return f"{tuning}{names.counted(len(experiments), 'run')} ({told})"


def _how_much_is_saved(left: Interrupted) -> str:
    """'3 runs are finished, 1 is saved up to update 4,000 of 10,000.'"""
    finished = len({each.id for each in left.experiments}) - len(left.missing)
    table = saved_runs.table()
    by_id = {each.id: each for each in left.missing}
    begun = table[table["id"].isin(by_id) & (table["status"] == STOPPED) & (table["update"] > 0)]
    parts = [f"{names.counted(finished, 'run')} {_are(finished)} finished"] if finished else []
    if len(begun) == 1:
        [(id, update)] = begun[["id", "update"]].itertuples(index=False)
        parts.append(f"1 is saved up to update {update:,.0f} of {by_id[id].updates:,}")
    elif len(begun):
        parts.append(f"{len(begun):,} are partly saved")
    return f"{', '.join(parts)}." if parts else "Nothing was saved."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _resume(left: Interrupted) -> None:
    if _is_still_offered(left) and watching.resume(left):
        _deregister(left)


def _discard(left: Interrupted) -> None:
    _deregister(left)


def _is_still_offered(left: Interrupted) -> bool:
    """Whether it has not been continued or discarded in another tab meanwhile."""
    try:
        return ActiveTrainings(workspace.store()).jobs().get(left.job, False)
    except StoreError as error:
        st.toast(f"Not continued: {names.escape_markdown(str(error))}.", icon=":material/error:")
        return False


def _deregister(left: Interrupted) -> None:
    try:
        ActiveTrainings(workspace.store()).end([left.job])
    except StoreError as error:
        st.toast(
            f"This message will come back: {names.escape_markdown(str(error))}.",
            icon=":material/error:",
        )

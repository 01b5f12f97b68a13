"""Trains saved runs for more epochs: on from their weights where that is possible."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from lossopt_core import Run, StoreError
from lossopt_core.analysis.groups import group_id
from lossopt_core.experiment.description import Experiment
from lossopt_core.training.continuing import (
    arrays_of_state,
    longer_of,
    why_anew,
    why_run_anew,
)
from lossopt_core.training.run import DIVERGED
from lossopt_ui.experiment import saved_runs
from lossopt_ui.experiment.saved_runs import SavedRun
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, pages, toasts, url, widgets
from lossopt_ui.state.pages.settings import number
from lossopt_ui.state.session import SessionKey

FACTOR = 2
"""How many times as many epochs the longer training has."""


@dataclass(frozen=True)
class Underway:
    """Longer trainings that this page began, and the rows of the list that show them."""

    experiments: tuple[Experiment, ...] = ()
    rows: tuple[str, ...] = ()


_UNDERWAY = SessionKey("train_longer.underway", Underway)


def offer(members: Sequence[SavedRun]) -> None:
    """Offer a longer training of runs that differ by seed only, and say from where it starts."""
    experiments = [each.experiment for each in members if each.experiment is not None]
    epochs = min(FACTOR * experiments[0].epochs, int(number("epochs").high))
    if epochs == experiments[0].epochs:
        return
    diverged = [each for each in members if each.status == DIVERGED]
    ended = [each.id for each in members if each.status != DIVERGED]
    has_state = arrays_of_state(experiments[0]) > 0 and {*ended} <= saved_runs.with_state(ended)
    reason = why_anew(experiments[0], has_state=has_state) if ended else ""
    if not reason and len(diverged) == len(members):
        reason = "the run diverged" if len(members) == 1 else "the runs diverged"
    if reason:
        values = url.values_of(experiments[0]) | {"epochs": epochs, "live": True}
        offered = {name: each for name, each in values.items() if name in pages.TRAIN.options}
        st.page_link(
            pages.TRAIN.file,
            label=f"Train longer: {epochs} epochs from the start",
            icon=":material/schedule:",
            query_params=url.query_of(offered),
        )
        st.caption(f"Starts anew: {reason}.")
        return
    clicked = st.button(
        f"Train longer: continue to {epochs} epochs",
        key="train-longer",
        icon=":material/schedule:",
        type="tertiary",
    )
    many = "" if len(members) == 1 else f" all {len(members)} runs"
    st.caption(
        f"Continues{many} from the saved weights, exactly as an uninterrupted training would."
        + (f" Diverged runs start anew ({len(diverged)})." if diverged else "")
    )
    if clicked and _begin(members, epochs):
        st.rerun()


def _begin(members: Sequence[SavedRun], epochs: int) -> bool:
    """Begin the longer training; returns whether there is something to watch or to show."""
    try:
        runs = saved_runs.load([each.id for each in members])
    except StoreError as error:
        st.error(f"{names.escape_markdown(str(error))}.")
        return False
    longer = [longer_of(run.experiment, epochs) for run in runs]
    missing = set(workspace.store().missing(longer))
    found = {run.id: why_run_anew(run, each) for run, each in zip(runs, longer, strict=True)}
    starts: dict[Experiment, Run] = {
        each: run
        for run, each in zip(runs, longer, strict=True)
        if each in missing and not found[run.id]
    }
    for reason in dict.fromkeys(filter(None, found.values())):
        toasts.later(f"Started anew: {names.escape_markdown(reason)}.", ":material/restart_alt:")
    if missing and not watching.train_longer([each for each in longer if each in missing], starts):
        return False
    both = [*(run.experiment for run in runs), *longer]
    grouped = widgets.value("rows") == "families"
    rows = dict.fromkeys(group_id(each) if grouped else each.id for each in both)
    _UNDERWAY.set(Underway(tuple(longer), tuple(rows)))
    return True


def _show_all_ages() -> None:
    """Drop the chips that would hide new runs: "yesterday", or the best before them."""
    chips = widgets.value("chips")
    widgets.put("chips", tuple(each for each in chips if not each.startswith(("when:", "best:"))))


def show_progress() -> None:
    """Show the progress of a longer training; once it is over, select its runs and the old ones."""
    underway = _UNDERWAY.get()
    if not underway.experiments:
        return
    if workspace.store().missing(underway.experiments):
        watching.watch_many(underway.experiments, wanted=False, draw=lambda running: None)
        if watching.is_trained(underway.experiments):
            return
    if not workspace.store().missing(underway.experiments):
        _show_all_ages()
        widgets.put("runs", underway.rows)
        epochs = underway.experiments[0].epochs
        toasts.later(f"Trained to {epochs} epochs.", ":material/check:")
    _UNDERWAY.set(Underway())

"""Runs for a page: from the store where it has them, otherwise trained, while one watches."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lossopt_core import (
    Experiment,
    Run,
    StoreError,
    load_data,
)
from lossopt_core.data.datasets import MissingDataError
from lossopt_core.experiment.loading import check_present
from lossopt_core.store.quotas import BudgetError
from lossopt_core.store.unfinished import Interrupted
from lossopt_ui.config import budgets, mode
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import optimum, polling, render_gate
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.sequel import Sequel
from lossopt_ui.jobs.visitor import Visitor
from lossopt_ui.jobs.workers import Workers
from lossopt_ui.state import names, widgets
from lossopt_ui.state.session import SessionKey

PATIENCE = 0.5
"""Seconds to wait for a training before a progress bar is worth showing."""
LONG = 2 * PATIENCE
"""Seconds of a training that is not waited for: it is expected to take more than that."""
RESULTS_SECONDS = 4.0
"""Between two drawings of what has come of very many trainings so far."""
_SHOWN: SessionKey[dict[str, Sequence[Experiment]]] = SessionKey("training.shown", dict)
"""What each page showed last."""
_VISITOR = SessionKey("training.visitor", Visitor)
EARLIER = "The settings have changed: these are the last runs. Press Train for new ones."
EARLIER_GOES_ON = (
    "The settings have changed: these are the curves of the training that goes on. Train stops it,"
    " keeps what is done, and begins anew."
)


@dataclass(frozen=True, eq=False)
class Outcome:
    """What is known of the experiments a page asked for.

    histories   curves so far, of those that have any
    runs        all runs, in the order asked; None while some are missing
    running     whether they are being trained
    waiting     whether no worker has been free for that so far
    optima      what is known of their best possible objectives
    """

    experiments: Sequence[Experiment]
    histories: dict[Experiment, pd.DataFrame]
    runs: list[Run] | None
    running: bool
    waiting: bool
    optima: optimum.Optima


def _workers() -> Workers:
    return _workers_of_the_mode(mode.hosted())


@st.cache_resource
def _workers_of_the_mode(hosted: bool) -> Workers:  # the mode decides what one may have
    # scikit-learn takes a second to import: begin before the first visitor presses a button.
    threading.Thread(target=load_data, args=(Experiment(),), daemon=True).start()
    return Workers(
        budgets.budget(),
        count=budgets.workers(),
        at_once=budgets.workers_each(),
        most_waiting=budgets.most_waiting(),
    )


@st.cache_resource(scope="session", on_release=Visitor.gone, show_spinner=False)
def _farewell(_visitor: Visitor) -> Visitor:
    """Let Streamlit tell the visitor when the session has ended."""
    return _visitor


def _visitor() -> Visitor:
    visitor = _VISITOR.get()
    _farewell(visitor)
    return visitor


def warm_up() -> None:
    """Make ready what the first training will need."""
    _workers()


def start() -> tuple[bool, bool]:
    """The button that starts a training, and the switch that starts it at every change."""
    with st.container(horizontal=True, vertical_alignment="center"):
        wanted = st.button("Train", key="train", type="primary", icon=":material/play_arrow:")
        return wanted, widgets.setting("live")


def resume(left: Interrupted) -> bool:
    """Train what is left of an interrupted training, beside what goes on; whether that begins.

    For callbacks.
    """
    store = workspace.store()
    sequel = Sequel.of(left.comparison, store) if left.comparison else None
    try:
        for each in {each.data_key: each for each in left.missing}.values():
            check_present(each)
        begun = _workers().begin(left.missing, store, by_part=True, sequel=sequel)
    except (BudgetError, MissingDataError, StoreError) as error:
        st.toast(f"Not continued: {names.in_markdown(str(error))}.", icon=":material/error:")
        return False
    _visitor().take_beside(begun)
    return True


def is_trained(experiments: Sequence[Experiment]) -> bool:
    """Whether all of these are being trained for this visitor."""
    return _workers().find(experiments, workspace.store()) is not None


def of_others(noted: Iterable[str]) -> list[str]:
    """Those of the trainings that the store knows of which no worker of this program has."""
    return _workers().unknown(noted)


def close() -> None:
    """Stop and save all trainings: the program ends."""
    _workers().close()


def watch(
    experiments: Sequence[Experiment],
    *,
    wanted: bool,
    draw: Callable[[Outcome], None],
    page: str,
    live: bool = False,
) -> None:
    """Bring the experiments' runs onto the page; `draw` is called with what there is.

    Runs that are kept are shown at once.  Others are trained if `wanted`, or if `live` and not
    yet tried: for more than a moment in the background, with progress, growing curves and a
    Stop button.  Until then the page's last runs stay, and it says so.  Drawing is a fragment
    of the page, so that charts stay the same from the first point to the last.
    """
    with workspace.unreadable_said():
        job = _job_for(experiments, wanted=wanted, live=live)
        mine = _concerns(job, experiments)
        polling.watch(
            lambda: _outcome(experiments, job if mine else None),
            # Of the outcome, too: the job may have ended since that was looked at.
            lambda outcome: (
                outcome.running or (job is not None and job.running) or outcome.optima.pending
            ),
            lambda outcome: draw(_with_status(outcome, job, mine=mine, page=page)),
        )


def watch_many(
    experiments: Sequence[Experiment],
    *,
    wanted: bool,
    draw: Callable[[bool], None],
    sequel: Sequel | None = None,
) -> None:
    """The same for very many: they are saved part by part, and `draw` looks into the store.

    It is told whether more is being trained.  What is kept is not trained again, so that a stopped
    training goes on where it was.  A training that is begun here goes on to the `sequel`.
    """
    with workspace.unreadable_said():
        job = _job_for(experiments, wanted=wanted, live=False, by_part=True, sequel=sequel)
        mine = _concerns(job, experiments)

        def running() -> bool:
            return job is not None and mine and job.running

        if wanted and not running() and not workspace.store().missing(experiments):
            st.rerun()  # it was over at once, and what stands above was said before it

        def show_status(running: bool) -> None:
            with st.container():
                _status(job, mine=mine, running=running)

        # Apart, since pictures of many runs would take the processor from the training.
        polling.watch(running, bool, show_status)
        polling.watch(running, bool, draw, seconds=RESULTS_SECONDS)


def _concerns(job: Job | None, experiments: Sequence[Experiment]) -> bool:
    return job is not None and not set(job.experiments).isdisjoint(experiments)


def _job_for(
    experiments: Sequence[Experiment],
    *,
    wanted: bool,
    live: bool,
    by_part: bool = False,
    sequel: Sequel | None = None,
) -> Job | None:
    """The visitor's one training: begun if these experiments need it, or an earlier one.

    An earlier one goes on, whatever page is open, until another is begun; a reload finds it
    again by its experiments.
    """
    visitor = _visitor()
    store = workspace.store()
    missing = store.missing(experiments)
    if missing and (visitor.job is None or not visitor.job.running):
        visitor.take(_workers().find(missing, store) or visitor.job)
    job = visitor.job
    tried = job is not None and set(missing) <= set(job.experiments)
    underway = tried and job is not None and job.running
    if missing and not underway and (wanted or (live and not tried)):
        try:
            for each in {each.data_key: each for each in missing}.values():
                check_present(each)
            begun = _workers().begin(missing, store, by_part=by_part, sequel=sequel, replacing=job)
        except BudgetError as error:
            st.error(
                f"Not trained: {names.in_markdown(str(error))}.",
                icon=":material/hourglass_disabled:",
            )
            return job
        except MissingDataError as error:
            workspace.say_missing(error)
            return job
        visitor.take(begun)
        if _workers().expected(begun) < LONG:
            with render_gate.PAGES.outside():
                begun.wait(PATIENCE)
        return begun
    return job


def _with_status(outcome: Outcome, job: Job | None, *, mine: bool, page: str) -> Outcome:
    """Say how the training stands; return what is to be shown.

    That is what the page asks for, or what it showed last where of that there is nothing yet.
    """
    shown = _SHOWN.get()
    with st.container():
        _status(job, mine=mine, running=outcome.running)
        if outcome.histories or outcome.running:
            shown[page] = outcome.experiments
        elif page in shown:
            earlier = shown[page]
            goes_on = job is not None and job.running and _concerns(job, earlier)
            st.info(EARLIER_GOES_ON if goes_on else EARLIER)
            return _outcome(earlier, job if goes_on else None)
    return outcome


def _outcome(experiments: Sequence[Experiment], job: Job | None) -> Outcome:
    # Asked before the store is read: a job that has ended by now has saved its runs.
    running = job is not None and job.running
    waiting = job is not None and job.waiting
    found = workspace.store().find([each.id for each in experiments])
    histories = {each: found[each.id].history for each in experiments if each.id in found}
    runs = [found[each.id] for each in experiments] if len(histories) == len(experiments) else None
    if job is not None and running:
        histories |= {each: rows for each, rows in job.histories().items() if each in experiments}
        runs = None
    # The search for an optimum would take the processor from the training.
    optima = optimum.look_up(list(histories), ask=not running)
    return Outcome(experiments, histories, runs, running, waiting, optima)


def _status(job: Job | None, *, mine: bool, running: bool) -> None:
    """How the training stands: one line with a bar and a Stop button, or how it ended.

    Of this page's own training it says what the rest of the page shows, be it `running` or not.
    """
    if job is None:
        return
    if running if mine else job.running:
        what = "Training" if mine else "Training with the earlier settings"
        words = _place(job) if job.waiting else f"{what}: {job.share:.0%}"
        if job.problem is not None:
            st.warning(
                f"Trained, but not kept yet: {job.problem}. It is tried again; Stop gives it up.",
                icon=":material/database_off:",
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.share, text=words)
            st.button("Stop", key="stop", on_click=_stop, args=(job,))
    elif mine and job.error is not None:
        st.error(
            f"The training failed: {names.in_markdown(str(job.error))}", icon=":material/error:"
        )
    elif mine and job.used_up:
        st.warning(
            "It took as long as one training may take here, "
            f"{budgets.budget().seconds:g} s. What was done is kept. Choose fewer epochs or runs,"
            " or larger batches.",
            icon=":material/timer_off:",
        )


def _place(job: Job) -> str:
    """Where a waiting training stands."""
    before, seconds = _workers().place(job)
    place = f"{before} before yours" if before else "yours is the next"
    return f"Waiting for a free worker: {place}, about {max(1, round(seconds)):,} s"


def _stop(job: Job) -> None:
    job.stop()
    job.wait(PATIENCE)

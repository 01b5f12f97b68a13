"""Runs for a page: loaded from the store or trained in the background, with live progress."""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache

import streamlit as st

from lossopt_core import (
    Experiment,
    Run,
    RunStore,
    StoreError,
    load_data,
)
from lossopt_core.data.datasets import MissingDataError
from lossopt_core.experiment.loading import check_present
from lossopt_core.store.quotas import Budget, BudgetError
from lossopt_core.store.unfinished import Interrupted
from lossopt_ui import streamlit_private
from lossopt_ui.config import budgets
from lossopt_ui.identity import workspace
from lossopt_ui.jobs import planned_together, polling, pool, render_gate
from lossopt_ui.jobs.job import Job
from lossopt_ui.jobs.sequel import Sequel
from lossopt_ui.jobs.visitor import Visitor
from lossopt_ui.jobs.workers import Workers
from lossopt_ui.state import names
from lossopt_ui.state.session import SessionKey

PATIENCE = 0.5
"""Seconds to wait for a training before showing a progress bar."""
FIRST_PATIENCE = 1.5
"""The same for first curves that are expected within this time: until then the page shows the
previous ones, and answers whatever is clicked."""
STEP = 0.05
"""Seconds between two looks for a newer click while a page waits."""
LONG = 2 * PATIENCE
"""A training expected to take more seconds than this is not waited for."""
NEARLY_OVER = 0.4
"""A training that is expected to end within so many seconds is waited for before it is drawn."""
RESULTS_SECONDS = 4.0
"""Seconds between two redraws of the results of a sweep in progress."""
_VISITOR = SessionKey("training.visitor", Visitor)


def workers() -> Workers:
    """The workers of this server."""
    return _workers(
        budgets.budget(), budgets.workers(), budgets.workers_each(), budgets.most_waiting()
    )


@cache
def _workers(budget: Budget, count: int, at_once: float, most_waiting: float) -> Workers:
    # scikit-learn takes a second to import: start before the first visitor clicks a button.
    threading.Thread(target=load_data, args=(Experiment(),), daemon=True).start()
    return Workers(
        budget,
        executor=pool.executor(),
        count=count,
        at_once=at_once,
        most_waiting=most_waiting,
    )


@st.cache_resource(scope="session", on_release=Visitor.gone, show_spinner=False)
def _farewell(_visitor: Visitor) -> Visitor:
    """Make Streamlit call `Visitor.gone` at the end of the session."""
    return _visitor


def _visitor() -> Visitor:
    visitor = _VISITOR.get()
    _farewell(visitor)
    return visitor


def warm_up() -> None:
    """Start the workers before the first training."""
    workers()


def resume(left: Interrupted) -> bool:
    """Train what is left of an interrupted training, in parallel with the current one.

    Returns whether it was started. For callbacks.
    """
    store = workspace.store()
    sequel = Sequel.of(left.tuned, store) if left.tuned else None
    try:
        for each in {each.data_key: each for each in left.missing}.values():
            check_present(each)
        begun = workers().begin(left.missing, store, by_part=True, sequel=sequel)
    except (BudgetError, MissingDataError, StoreError) as error:
        st.toast(f"Not continued: {names.escape_markdown(str(error))}.", icon=":material/error:")
        return False
    _visitor().take_beside(begun)
    return True


def train_longer(experiments: Sequence[Experiment], starts: Mapping[Experiment, Run]) -> bool:
    """Train experiments, those with a run in `starts` from its weights; returns whether it began.

    In parallel with the current training, if there is one.
    """
    visitor = _visitor()
    try:
        for each in {each.data_key: each for each in experiments}.values():
            check_present(each)
        begun = workers().begin(experiments, workspace.store(), by_part=True, starts=starts)
    except (BudgetError, MissingDataError, StoreError) as error:
        st.error(f"Not trained: {names.escape_markdown(str(error))}.", icon=":material/error:")
        return False
    if visitor.job is not None and visitor.job.running:
        visitor.take_beside(begun)
    else:
        visitor.take(begun)
    begun.wait(PATIENCE)
    return True


def is_trained(experiments: Sequence[Experiment]) -> bool:
    """Whether all of these are being trained for this visitor."""
    return workers().find(experiments, workspace.store()) is not None


def of_others(noted: Iterable[str]) -> list[str]:
    """The trainings registered in the store that belong to other processes."""
    return workers().unknown(noted)


def close() -> None:
    """Stop and save all trainings, at the end of the process."""
    workers().close()
    pool.executor().shutdown(wait=False)


def watch_many(
    experiments: Sequence[Experiment],
    *,
    wanted: bool,
    draw: Callable[[bool], None],
    sequel: Sequel | None = None,
    live: bool = False,
) -> None:
    """Train many experiments in parts, with progress and a Stop button; `draw` reads the store.

    `draw` is called with whether training is in progress. Saved runs are not retrained, so a
    stopped sweep resumes where it was. A training started here continues with the `sequel`.
    """
    with workspace.store_errors_shown():
        job = _job_for(experiments, wanted=wanted, live=live, by_part=True, sequel=sequel)
        mine = _concerns(job, experiments)

        def running() -> bool:
            return job is not None and mine and job.running

        if wanted and not running() and not workspace.store().missing(experiments):
            st.rerun()  # training is already over; redraw what stands above

        def draw_status(running: bool) -> None:
            with st.container():
                show_status(job, mine=mine, running=running)

        # Separate intervals, because charts of many runs would slow the training down.
        polling.watch(running, bool, draw_status)
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
    """The visitor's training of what is missing of these experiments: see `job_for`."""
    missing = workspace.store().missing(experiments)
    if not missing:
        planned_together.note(experiments)
    return job_for(
        missing,
        lambda missing, store, before: workers().begin(
            missing, store, by_part=by_part, sequel=sequel, replacing=before
        ),
        wanted=wanted,
        live=live,
    )


def job_for(
    missing: Sequence[Experiment],
    begin: Callable[[Sequence[Experiment], RunStore, Job | None], Job],
    *,
    wanted: bool,
    live: bool,
    to_first: Callable[[], float] = lambda: 0.0,
) -> Job | None:
    """The visitor's current training: a new one if something is missing, or an earlier one.

    An earlier one continues, whatever page is open, until another is started. After a reload it
    is found by its experiments.  `begin` starts one, given what it replaces.  Its first results are
    expected `to_first` seconds after its turn has come.
    """
    visitor = _visitor()
    store = workspace.store()
    if missing and (visitor.job is None or not visitor.job.running):
        visitor.take(workers().find(missing, store) or visitor.job)
    job = visitor.job
    tried = job is not None and job.includes(missing)
    underway = tried and job is not None and job.running
    if missing and not underway and (wanted or (live and not tried)):
        try:
            for each in {each.data_key: each for each in missing}.values():
                check_present(each)
            begun = begin(missing, store, job)
        except BudgetError as error:
            st.error(
                f"Not trained: {names.escape_markdown(str(error))}.",
                icon=":material/hourglass_disabled:",
            )
            return job
        except MissingDataError as error:
            workspace.show_missing_data(error)
            return job
        visitor.take(begun)
        if begun.planned or workers().expected(begun) < LONG:
            with render_gate.PAGES.outside():
                _wait_for_first(begun, to_first())
        return begun
    return job


def _wait_for_first(job: Job, to_first: float) -> None:
    """Wait for first results that are expected soon; a newer click ends the wait."""
    expected = to_first + (workers().place(job)[1] if job.waiting else 0.0)
    ends = time.monotonic() + (FIRST_PATIENCE if expected < FIRST_PATIENCE else PATIENCE)
    while time.monotonic() < ends and not job.wait_for_first(STEP):
        streamlit_private.give_way()


def await_end(job: Job | None) -> None:
    """Wait for the end of a training that is nearly over; a newer click ends the wait."""
    if job is None or not job.running or workers().expected(job) > NEARLY_OVER:
        return
    ends = time.monotonic() + NEARLY_OVER
    while time.monotonic() < ends and not job.wait(STEP):
        streamlit_private.give_way()


def show_status(job: Job | None, *, mine: bool, running: bool) -> None:
    """Show the progress bar with a Stop button, or how the training ended.

    For the page's own training, `running` is passed in to agree with the rest of the page.
    """
    if job is None:
        return
    if pool.lost():
        st.caption(
            ":material/cloud_off: The cluster cannot be reached. Trainings run on this machine."
        )
    if running if mine else job.running:
        what = "Training" if mine else "Training with previous settings"
        words = _place(job) if job.waiting else f"{what}: {job.share:.0%}"
        if job.problem is not None:
            st.warning(
                f"Trained, but not saved yet: {job.problem}. Retrying. Stop discards the results.",
                icon=":material/database_off:",
            )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(job.share, text=words)
            st.button("Stop", key="stop", on_click=_stop, args=(job,))
    elif mine and job.error is not None:
        st.error(
            f"Training failed: {names.escape_markdown(str(job.error))}", icon=":material/error:"
        )
    elif mine and job.used_up:
        st.warning(
            f"Training was stopped at the time limit of {budgets.budget().seconds:g} s. The results"
            " so far are saved. Choose fewer epochs or runs, or a larger batch size.",
            icon=":material/timer_off:",
        )


def _place(job: Job) -> str:
    """The position of a waiting training, and the expected wait."""
    before, seconds = workers().place(job)
    place = f"{before} ahead of yours" if before else "yours is next"
    return f"Waiting for a free worker: {place}, about {max(1, round(seconds)):,} s"


def _stop(job: Job) -> None:
    job.stop()
    job.wait(PATIENCE)

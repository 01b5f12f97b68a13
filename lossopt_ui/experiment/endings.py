"""Messages about runs that ended early: they converged, were stopped, or diverged."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Experiment, Run
from lossopt_core.optim.older_rules import OLDER_RULE
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_core.training.run import DIVERGED, FINISHED, STOPPED
from lossopt_ui.experiment.headline import Result
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs.comparing import Outcome
from lossopt_ui.state.names import escape_markdown


def draw(results: Sequence[Result], outcome: Outcome) -> None:
    """Say which lanes did not reach their last update, and what to do about it.

    The container is drawn even if empty, so that the charts below it keep their identity.
    """
    with st.container():
        for each in results:
            if isinstance(each.trained.tuned, str):
                st.warning(
                    f"{each.label}: {escape_markdown(each.trained.tuned)}.",
                    icon=":material/trending_up:",
                )
            runs = each.runs(outcome)
            _diverged(each, [run for run in runs if run.status == DIVERGED], len(runs))
            _stopped(each, [run for run in runs if run.status == STOPPED], len(runs))
            _finished_early(each, [run for run in runs if _is_early(run)], len(runs))
            if any(run.reason == OLDER_RULE for run in runs):
                st.info(
                    f"{each.label} was trained by an older version, whose L1 update converged to"
                    " the optimum of a different penalty. Train again to replace these runs.",
                    icon=":material/history:",
                )


def _is_early(run: Run) -> bool:
    return run.status == FINISHED and _made(run) < run.experiment.updates


def _made(run: Run) -> int:
    """How many updates it made."""
    return int(run.history["update"].to_numpy()[-1])


def _which(some: Sequence[Run], of: int) -> str:
    """' with 3 of 10 seeds', and how far the first of them came."""
    first = some[0]
    often = f" with {len(some)} of {of} seeds, the first" if of > 1 else ""
    return f"{often} after {_made(first):,} of {first.experiment.updates:,} updates"


def _diverged(result: Result, some: Sequence[Run], of: int) -> None:
    if not some:
        return
    tuned = result.lane.entry is not None and result.lane.entry.tuned
    smaller = smaller_learning_rate(some[0].experiment)
    advice = "" if tuned else f" Try {smaller:g}, or empty its field for the tuned one."
    st.warning(
        f"{result.label} diverged{_which(some, of)}: the objective grew without bound. The learning"
        f" rate {some[0].experiment.learning_rate:g} is too large here.{advice}",
        icon=":material/trending_up:",
    )


def _stopped(result: Result, some: Sequence[Run], of: int) -> None:
    if some:
        st.info(
            f"{result.label} was stopped{_which(some, of)}; the results up to there are saved."
            " Train again to complete it.",
            icon=":material/stop_circle:",
        )


def _finished_early(result: Result, some: Sequence[Run], of: int) -> None:
    if some:
        st.info(
            f"{result.label} stopped{_which(some, of)}: {some[0].reason}."
            f" {STOPPING[some[0].experiment.stopping].summary}",
            icon=":material/flag:",
        )


def smaller_learning_rate(experiment: Experiment) -> float:
    """The starting learning rate of theory, or a tenth of its own if that is smaller."""
    tenth = experiment.learning_rate / 10
    known = missing_data.known(lambda: starting_learning_rate(experiment))
    return tenth if known is None else min(known, tenth)

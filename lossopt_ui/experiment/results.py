"""Parts of pages that show the results of training."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal

import pandas as pd
import streamlit as st

from lossopt_core import (
    LOSSES,
    OPTIMIZERS,
    Experiment,
    Run,
)
from lossopt_core.optim.older_rules import OLDER_RULE
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.theory.stability import starting_learning_rate
from lossopt_core.training.run import DIVERGED, FINISHED, STOPPED
from lossopt_ui.experiment import preview
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, page_links, pages

ON_A_SMALL_SCREEN = "on a small screen, open it with » at the top"


def show_placeholder(outcome: watching.Outcome) -> None:
    """Show a placeholder until there are results."""
    if outcome.running and not outcome.waiting:
        st.skeleton(height=380)
        return
    if not outcome.running:
        st.info(
            f"Choose settings in the sidebar ({ON_A_SMALL_SCREEN}), then press **Train**.",
            icon=":material/play_arrow:",
        )
    preview.show(outcome.experiments[0])


def no_experiment() -> None:
    """Show a placeholder if the settings do not make a valid experiment."""
    st.info(
        "These settings do not make a valid experiment: see the message in the sidebar"
        f" ({ON_A_SMALL_SCREEN})."
    )


def key_figures(experiment: Experiment, history: pd.DataFrame) -> None:
    """Show the final metrics, each with its change since the start of training."""
    first, last = history.iloc[0], history.iloc[-1]
    tested = pd.notna(last["test_accuracy"])
    a, *b, c, d = st.columns(4 if tested else 3)
    unit = f" {loss_unit}" if (loss_unit := LOSSES[experiment.loss].unit) else ""
    a.metric(
        "Objective (lower is better)",
        f"{last['objective']:.4g}{unit}",
        delta=f"{last['objective'] - first['objective']:.3g} since the start",
        delta_color="off",
        border=True,
        help="Data loss plus penalty, over all training examples.",
    )
    trained, at_start = last["train_accuracy"], first["train_accuracy"]
    for place in b:
        gain = points(last["test_accuracy"] - trained, "vs training")
        accuracy_card(place, "Test accuracy", "test", last["test_accuracy"], gain)
    gain = points(trained - at_start, "since the start")
    accuracy_card(c, "Training accuracy", "training", trained, gain)
    d.metric(
        "Gradient norm",
        f"{last['gradient_norm']:.2g}",
        delta=names.counted(last["update"], "update"),
        delta_color="off",
        delta_arrow="off",
        border=True,
        help="0 at the optimum. For the hinge it is a subgradient, which need not be 0 there.",
    )


def parts(history: pd.DataFrame) -> None:
    """Show the terms of the objective and the weight norm at the end of training."""
    last = history.iloc[-1]
    st.caption(
        f"Objective = data loss {last['data_loss']:.4g} + penalty {last['penalty']:.4g}."
        f" Weight norm {last['weight_norm']:.4g}."
    )


def accuracy_card(
    place: AbstractContextManager[object],
    label: str,
    part: str,
    share: float,
    delta: str | None,
    arrow: Literal["auto", "off"] = "auto",
) -> None:
    """Show the accuracy on a part of the data, with its difference from a reference."""
    with place:
        st.metric(
            label,
            percent(share),
            delta=delta,
            delta_color="off",
            delta_arrow=arrow,
            border=True,
            help=f"Share of {part} examples classified correctly.",
        )


def percent(share: float) -> str:
    """Format a share as a percentage."""
    return f"{100 * share:.1f} %"


def points(difference: float, against: str) -> str:
    """Format a difference of shares in percentage points."""
    return f"{100 * difference:+.1f} points {against}"


def loss_figures(histories: Mapping[Experiment, pd.DataFrame]) -> None:
    """Show the accuracy of each loss; the first is the baseline of the others.

    This is the test accuracy, or the training accuracy if there is no test set.
    """
    last = [history.iloc[-1] for history in histories.values()]
    tested = bool(pd.notna(last[0]["test_accuracy"]))
    part, column = ("test", "test_accuracy") if tested else ("training", "train_accuracy")
    baseline = LOSSES[next(iter(histories)).loss].label.lower()
    for k, (place, experiment) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        gain = points(last[k][column] - last[0][column], f"vs {baseline}")
        in_training = f"training: {percent(last[k]['train_accuracy'])}" if tested else None
        label, delta = (
            f"{LOSSES[experiment.loss].label}: {part} accuracy",
            gain if k else in_training,
        )
        accuracy_card(place, label, part, last[k][column], delta, "auto" if k else "off")


def objective_figures(histories: Mapping[str, pd.DataFrame], runs: Sequence[Run] | None) -> None:
    """Show the final objective of each run; the first is the baseline of the others.

    Differences are shown only once all runs are finished: before, they have not done equal work.
    """
    comparable = runs is not None and all(run.status == FINISHED for run in runs)
    last = [history.iloc[-1] for history in histories.values()]
    st.caption("Final objective")
    for k, (place, name) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        difference = f"{last[k]['objective'] - last[0]['objective']:+.3g} vs GD"
        compared = bool(k) and comparable
        place.metric(
            name,
            f"{last[k]['objective']:.4g}",
            delta=difference if compared else names.counted(last[k]["update"], "update"),
            delta_color="off",
            delta_arrow="auto" if compared else "off",
            border=True,
            help=f"Objective (lower is better) after {names.counted(last[k]['update'], 'update')}"
            f" and {last[k]['gradient_evaluations']:,.0f} gradient evaluations.",
        )


def report_endings(runs: Sequence[Run] | None) -> None:
    """Report runs that stopped early or diverged, and what to do about it.

    The container is drawn even if empty, so that the charts below it keep their identity.
    """
    with st.container():
        for run in runs or []:
            _report_ending(run)


def _report_ending(run: Run) -> None:
    if run.reason == OLDER_RULE:
        st.info(
            f"{_who(run)} was trained by an older version, whose L1 update converged to the"
            " optimum of a different penalty. Train again to replace this run.",
            icon=":material/history:",
        )
    elif run.status == STOPPED:
        st.info(
            f"{_who(run)} was stopped after {run.final['update']:,.0f} of"
            f" {run.experiment.updates:,} updates; the results up to there are saved. Train again"
            " to complete the run.",
            icon=":material/stop_circle:",
        )
    if run.status == FINISHED and run.final["update"] < run.experiment.updates:
        st.info(
            f"{_who(run)} stopped after {run.final['update']:,.0f} of {run.experiment.updates:,}"
            f" updates: {run.reason}. {STOPPING[run.experiment.stopping].summary}",
            icon=":material/flag:",
        )
    if run.status != DIVERGED:
        return
    st.warning(
        f"{_who(run)} diverged after {run.final['update']:,.0f} of {run.experiment.updates:,}"
        " updates: the objective grew without bound. The learning rate"
        f" {run.experiment.learning_rate:g} is too large here: try"
        f" {smaller_learning_rate(run):g}.",
        icon=":material/trending_up:",
    )


def smaller_learning_rate(run: Run) -> float:
    """The suggested learning rate, or a tenth of the run's own if that is smaller."""
    tenth = run.experiment.learning_rate / 10
    suggested = missing_data.known(lambda: starting_learning_rate(run.experiment))
    return tenth if suggested is None else min(suggested, tenth)


def _who(run: Run) -> str:
    optimizer, loss = OPTIMIZERS[run.experiment.optimizer].label, LOSSES[run.experiment.loss].label
    return f"{optimizer} on {loss.lower()}"


def saved(runs: Sequence[Run]) -> None:
    """Show the ids under which the runs are saved, with links to pages about them."""
    ids = [run.id for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Saved as {', '.join(ids)}.", width="stretch")
        page_links.link_to_inspect_page(ids[0])
        page_links.link_to_landscape_page(ids)
        st.page_link(
            pages.COMPARE.file,
            label="Compare runs",
            icon=":material/compare_arrows:",
            query_params={"runs": ",".join(ids)},
        )

"""Parts of pages that show what came of a training."""

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
    suggested_learning_rate,
)
from lossopt_core.optim.older_rules import OLDER_RULE
from lossopt_core.optim.stopping import STOPPING
from lossopt_core.training.run import DIVERGED, FINISHED, STOPPED
from lossopt_ui.experiment import preview
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, page_links, pages

ON_A_SMALL_SCREEN = "on a small screen behind », at the top"


def nothing_yet(outcome: watching.Outcome) -> None:
    """What stands where the results will be."""
    if outcome.running and not outcome.waiting:
        st.skeleton(height=380)
        return
    if not outcome.running:
        st.info(
            f"Choose the settings at the left ({ON_A_SMALL_SCREEN}), then press **Train**.",
            icon=":material/play_arrow:",
        )
    preview.show(outcome.experiments[0])


def no_experiment() -> None:
    """What stands there where the settings go together to none."""
    st.info(
        f"There is no training with these settings: see the message among them"
        f" ({ON_A_SMALL_SCREEN})."
    )


def key_figures(experiment: Experiment, history: pd.DataFrame) -> None:
    """The numbers at the end of the training, each with its change since the start."""
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
        gain = points(last["test_accuracy"] - trained, "against training")
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
        help="0 at the optimum. For the hinge a subgradient, which need not vanish.",
    )


def parts(history: pd.DataFrame) -> None:
    """What the objective is made of, and how large the weights are, at the end of the training."""
    last = history.iloc[-1]
    st.caption(
        f"Data loss {last['data_loss']:.4g}, penalty {last['penalty']:.4g}: together the objective."
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
    """A share of rightly classified examples of a part, with what it is compared with."""
    with place:
        st.metric(
            label,
            percent(share),
            delta=delta,
            delta_color="off",
            delta_arrow=arrow,
            border=True,
            help=f"Share of the {part} examples that are classified rightly.",
        )


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.1f} %"


def points(difference: float, against: str) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * difference:+.1f} points {against}"


def loss_figures(histories: Mapping[Experiment, pd.DataFrame]) -> None:
    """Accuracy under each loss, the first as the baseline of the others.

    Where all examples are trained on it is the accuracy on those.
    """
    last = [history.iloc[-1] for history in histories.values()]
    tested = bool(pd.notna(last[0]["test_accuracy"]))
    part, column = ("test", "test_accuracy") if tested else ("training", "train_accuracy")
    baseline = LOSSES[next(iter(histories)).loss].label.lower()
    for k, (place, experiment) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        gain = points(last[k][column] - last[0][column], f"against {baseline}")
        in_training = f"{percent(last[k]['train_accuracy'])} in training" if tested else None
        label, delta = (
            f"{LOSSES[experiment.loss].label}: {part} accuracy",
            gain if k else in_training,
        )
        accuracy_card(place, label, part, last[k][column], delta, "auto" if k else "off")


def objective_figures(histories: Mapping[str, pd.DataFrame], runs: Sequence[Run] | None) -> None:
    """The objective reached by each, the first as the baseline of the others.

    Differences are given once all have come to their end: before, they have not done the same
    work.
    """
    comparable = runs is not None and all(run.status == FINISHED for run in runs)
    last = [history.iloc[-1] for history in histories.values()]
    st.caption("Objective reached")
    for k, (place, name) in enumerate(zip(st.columns(len(last)), histories, strict=True)):
        difference = f"{last[k]['objective'] - last[0]['objective']:+.3g} against GD"
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


def say_how_they_ended(runs: Sequence[Run] | None) -> None:
    """Where runs did not come to their end, say so and what to do.

    The container stands there with or without words, so that the charts below it stay the same.
    """
    with st.container():
        for run in runs or []:
            _say_how_it_ended(run)


def _say_how_it_ended(run: Run) -> None:
    if run.reason == OLDER_RULE:
        st.info(
            f"{_who(run)} was trained by an older version, whose step for L1 ended at the"
            " optimum of another penalty. Train again to replace this run.",
            icon=":material/history:",
        )
    elif run.status == STOPPED:
        st.info(
            f"Stopped. What was done is kept: {run.final['update']:,.0f} of"
            f" {run.experiment.updates:,} updates of {_who(run)}. Train again to go to the end.",
            icon=":material/stop_circle:",
        )
    if run.status == FINISHED and run.final["update"] < run.experiment.updates:
        st.info(
            f"{_who(run)} ended after {run.final['update']:,.0f} of {run.experiment.updates:,}"
            f" updates: {run.reason}. {STOPPING[run.experiment.stopping].summary}",
            icon=":material/flag:",
        )
    if run.status != DIVERGED:
        return
    st.warning(
        f"{_who(run)} diverged after {run.final['update']:,.0f} of {run.experiment.updates:,}"
        " updates: the objective grew without bound. The learning rate"
        f" {run.experiment.learning_rate:g} is too large here: try {shorter_step(run):g}.",
        icon=":material/trending_up:",
    )


def shorter_step(run: Run) -> float:
    """The suggested learning rate, or a tenth of the run's own where that is shorter."""
    tenth = run.experiment.learning_rate / 10
    suggested = missing_data.known(lambda: suggested_learning_rate(run.experiment))
    return tenth if suggested is None else min(suggested, tenth)


def _who(run: Run) -> str:
    optimizer, loss = OPTIMIZERS[run.experiment.optimizer].label, LOSSES[run.experiment.loss].label
    return f"{optimizer} on {loss.lower()}"


def kept(runs: Sequence[Run]) -> None:
    """Say that the runs are kept, with the way to the compare page."""
    words = "This run is kept" if len(runs) == 1 else "These runs are kept"
    ids = [run.id for run in runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{words}: {', '.join(ids)}.", width="stretch")
        page_links.link_to_inspect_page(ids[0])
        page_links.link_to_landscape_page(ids)
        st.page_link(
            pages.COMPARE.file,
            label="Compare runs",
            icon=":material/compare_arrows:",
            query_params={"runs": ",".join(ids)},
        )

"""The page Hinge vs cross-entropy: both losses on the same minibatches, side by side."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import LOSSES, Run, load_data
from lossopt_ui.app import navigation
from lossopt_ui.charts import comparison
from lossopt_ui.experiment import (
    conventions,
    distances,
    form,
    learning_rate,
    one_example,
    pictures,
    playback,
    results,
)
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs import watching
from lossopt_ui.state import pages, widgets

navigation.begin(pages.LOSSES)
wanted, live = watching.start()

with st.sidebar:
    squared = widgets.setting("squared")
    margin = widgets.setting("margin")
    chosen = form.data() | form.regularizer() | form.optimizer()
    both = [chosen | {"loss": loss} for loss in ("hinge", "cross_entropy")]
    beside = [chosen | {"loss": "squared_hinge"}] if squared else []
    chosen |= learning_rate.steps(both, beside) | form.run()
    base = form.assemble(chosen | {"margin": margin})
    experiments = []
    if base is not None:
        experiments = [base.replace(loss="hinge"), base.replace(loss="cross_entropy")]
    if base is not None and squared:
        experiments.append(learning_rate.own(base.replace(loss="squared_hinge")))


def draw(outcome: watching.Outcome) -> None:
    """Draw each loss on its own axis, accuracies on one, then weights and one example."""
    histories = {each: outcome.histories.get(each) for each in outcome.experiments}
    if any(history is None for history in histories.values()):
        results.show_placeholder(outcome)
        return
    theme = figure.theme()
    results.loss_figures(histories)
    results.report_endings(outcome.runs)
    labels = {each: LOSSES[each.loss].label for each in histories}
    distances.show_certified_gaps(labels, histories, outcome.optima)
    player = playback.begin(outcome.runs, list(labels.values()))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = widgets.setting("show", width=240)
        log_y = widgets.setting("log_y", disabled=show == "distance")
    for column, (experiment, history) in zip(
        st.columns(len(histories)), histories.items(), strict=True
    ):
        with column:
            distances.objective_or_distance(
                experiment,
                history,
                outcome.optima,
                show=show,
                log_y=log_y,
                frames=playback.cursor(player),
            )
    st.caption(
        "Values of different losses are not comparable: a hinge loss of 0.1 is not better than a"
        " cross-entropy of 0.2. Each has its own axis. Compare accuracies instead."
    )
    figure.show(
        comparison.accuracies(histories, theme=theme),
        key="accuracy",
        alt="Training and test accuracy of the losses over the epochs, on one axis.",
        height=330,
        frames=playback.cursor(player),
    )
    if outcome.runs:
        with missing_data.part("Weights and misclassified examples"):
            weights_and_mistakes(outcome.runs, player)
        results.saved(outcome.runs)
    conventions.panel(outcome.experiments)


def weights_and_mistakes(runs: Sequence[Run], player: playback.Player | None) -> None:
    """Draw the weights, the share of zero gradients, and one example under each loss."""
    data = load_data(runs[0].experiment)
    for column, run in zip(st.columns(len(runs)), runs, strict=True):
        with column:
            name = f"portrait-{run.experiment.loss}"
            pictures.portrait(run, data, player, key=name, peers=runs)
    if player is not None:
        pictures.zero_gradient_shares(player, data)
        pictures.of_several(player, portraits=False)
    one_example.example(runs, data)


if not experiments:
    results.no_experiment()
else:
    watching.watch(
        experiments,
        wanted=wanted,
        live=live,
        draw=draw,
        page="hinge-vs-cross-entropy",
    )

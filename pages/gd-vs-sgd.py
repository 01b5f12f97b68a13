"""The page GD vs SGD: full-batch gradient descent vs minibatch SGD, at equal work."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Run, load_data
from lossopt_ui.app import navigation
from lossopt_ui.charts import comparison
from lossopt_ui.experiment import (
    conventions,
    distances,
    form,
    learning_rate,
    pictures,
    playback,
    results,
)
from lossopt_ui.figures import figure
from lossopt_ui.identity import missing_data
from lossopt_ui.jobs import watching
from lossopt_ui.state import names, pages, widgets

navigation.begin(pages.OPTIMIZERS)
wanted, live = watching.start()

with st.sidebar:
    batch_sizes = widgets.setting("batch_sizes")
    chosen = form.data() | form.loss() | form.regularizer()
    minibatches = [chosen | {"optimizer": "sgd", "batch_size": size} for size in batch_sizes]
    chosen |= learning_rate.steps([chosen | {"optimizer": "gd"}, *minibatches]) | form.run()
    full = form.assemble(chosen | {"optimizer": "gd"})


def draw(outcome: watching.Outcome) -> None:
    """Draw objective and accuracy at equal work, then the trajectories through weight space."""
    found = [each for each in outcome.experiments if each in outcome.histories]
    if not found:
        results.show_placeholder(outcome)
        return
    theme = figure.theme()
    labels = names.distinguishing_names(outcome.experiments)
    hues = comparison.work_colours(outcome.experiments, theme)
    shown = [k for k, each in enumerate(outcome.experiments) if each in found]
    histories = {labels[k]: outcome.histories[outcome.experiments[k]] for k in shown}
    colour = [hues[k] for k in shown]
    results.objective_figures(histories, outcome.runs)
    results.report_endings(outcome.runs)
    names_of = {outcome.experiments[k]: labels[k] for k in shown}
    distances.show_certified_gaps(names_of, outcome.histories, outcome.optima)
    player = playback.begin(outcome.runs, labels)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x, show = widgets.setting("work", width=280), widgets.setting("show", width=240)
        log_x = widgets.setting("log_x")
        log_y = widgets.setting("log_y", disabled=show == "distance")
    one, two = st.columns(2)
    with one:
        distances.objectives_or_distances(
            names_of,
            colour,
            outcome,
            show=show,
            x=x,
            log_x=log_x,
            log_y=log_y,
            frames=playback.cursor(player, x),
        )
    with two:
        figure.show(
            comparison.overlay(
                histories,
                colour,
                column="test_accuracy",
                theme=theme,
                title="Test accuracy",
                x=x,
                log_x=log_x,
            ),
            key="test_accuracy",
            alt=f"Test accuracy of {', '.join(histories)} over {x.replace('_', ' ')}.",
            height=380,
            frames=playback.cursor(player, x),
        )
    if outcome.runs:
        with missing_data.part("Weights and stability limits of the learning rate"):
            trajectories_and_limits(outcome, outcome.runs, player)
        results.saved(outcome.runs)
    conventions.panel(outcome.experiments)


def trajectories_and_limits(
    outcome: watching.Outcome, runs: Sequence[Run], player: playback.Player | None
) -> None:
    """Draw the trajectories, the stability limits of the learning rate, and the classifiers."""
    data = load_data(runs[0].experiment)
    labels = names.distinguishing_names(outcome.experiments)
    hues = comparison.work_colours(outcome.experiments, figure.theme())
    one, two = st.columns([3, 2])
    with one:
        places = None if player is None else player.updates
        trajectories, changes = comparison.weight_trajectories(
            runs, labels, hues, data.feature_names, places
        )
        figure.show(
            trajectories,
            key="ways",
            alt="Trajectories of GD and SGD through weight space, from the ring to the large dot.",
            height=460,
            frames=None if player is None else player.together(changes),
        )
    with two:
        distances.learning_rate_limits(outcome.experiments[0], outcome.optima)
    if player is not None:
        pictures.of_several(player, portraits=True)


if full is None:
    results.no_experiment()
else:
    watching.watch(
        [full, *form.minibatch_versions(full, batch_sizes)],
        wanted=wanted,
        live=live,
        draw=draw,
        page="gd-vs-sgd",
    )

"""Full-batch gradient descent against minibatch SGD, at equal work."""

from collections.abc import Sequence

import streamlit as st

from lossopt_core import Run, load_data
from lossopt_ui.app import navigation
from lossopt_ui.charts import comparison
from lossopt_ui.experiment import (
    conventions,
    distances,
    form,
    journeys,
    learning_rate,
    pictures,
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
    """Objective and accuracy over equal work, then the ways through weight space."""
    found = [each for each in outcome.experiments if each in outcome.histories]
    if not found:
        results.nothing_yet(outcome)
        return
    theme = figure.theme()
    labels = names.tell_apart(outcome.experiments)
    hues = comparison.work_colours(outcome.experiments, theme)
    shown = [k for k, each in enumerate(outcome.experiments) if each in found]
    histories = {labels[k]: outcome.histories[outcome.experiments[k]] for k in shown}
    colour = [hues[k] for k in shown]
    results.objective_figures(histories, outcome.runs)
    results.say_how_they_ended(outcome.runs)
    names_of = {outcome.experiments[k]: labels[k] for k in shown}
    distances.say_how_near(names_of, outcome.histories, outcome.optima)
    journey = journeys.begin(outcome.runs, labels)
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
            frames=journeys.cursor(journey, x),
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
            frames=journeys.cursor(journey, x),
        )
    if outcome.runs:
        with missing_data.part("Weights and limits of the learning rate"):
            ways_and_limits(outcome, outcome.runs, journey)
        results.kept(outcome.runs)
    conventions.panel(outcome.experiments)


def ways_and_limits(
    outcome: watching.Outcome, runs: Sequence[Run], journey: journeys.Journey | None
) -> None:
    """The ways through weight space, the limits of the step, and the classifiers."""
    data = load_data(runs[0].experiment)
    labels = names.tell_apart(outcome.experiments)
    hues = comparison.work_colours(outcome.experiments, figure.theme())
    one, two = st.columns([3, 2])
    with one:
        places = None if journey is None else journey.updates
        ways, changes = comparison.weight_trajectories(
            runs, labels, hues, data.feature_names, places
        )
        figure.show(
            ways,
            key="ways",
            alt="The ways of GD and SGD through weight space, from the ring to the large dot.",
            height=460,
            frames=None if journey is None else journey.together(changes),
        )
    with two:
        distances.step_against_limits(outcome.experiments[0], outcome.optima)
    if journey is not None:
        pictures.of_several(journey, portraits=True)


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

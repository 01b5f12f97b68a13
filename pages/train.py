"""Train one classifier and look at it from all sides."""

import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_ui.app import navigation
from lossopt_ui.charts import training as charts
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
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.jobs import watching
from lossopt_ui.state import pages, widgets

navigation.begin(pages.TRAIN)
wanted, live = watching.start()

with st.sidebar:
    chosen = form.data() | form.loss() | form.regularizer()
    chosen |= form.optimizer()
    chosen |= learning_rate.steps([chosen]) | form.run()
    experiment = form.assemble(chosen)


def say_where_the_loss_begins(shown: Experiment) -> None:
    """What the first loss must be and why; a teacher who asks for it can hide it."""
    if widgets.own_widget("first_loss") is None:
        return
    formula, value = LOSSES[shown.loss].start_formula, f"{charts.loss_at_start(shown):.4g}"
    st.caption(
        "With zero weights all scores are equal, and the loss must be"
        f" ${f'{formula} = {value}' if formula else value}$."
    )


def draw(outcome: watching.Outcome) -> None:
    """The experiment's curves, and once it is trained its weights and mistakes."""
    [shown] = outcome.experiments
    history = outcome.histories.get(shown)
    if history is None:
        results.nothing_yet(outcome)
        return
    run = outcome.runs[0] if outcome.runs else None
    theme = figure.theme()
    results.key_figures(shown, history)
    results.parts(history)
    results.say_how_they_ended(outcome.runs)
    distances.say_how_near({shown: ""}, {shown: history}, outcome.optima)
    journey = journeys.begin(outcome.runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        log_y = widgets.setting("log_y")
        say_where_the_loss_begins(shown)
    one, two = st.columns(2)
    with one:
        figure.show(
            recipe(
                charts.objective,
                shown,
                history,
                run,
                theme=theme,
                log_y=log_y,
                optimum=outcome.optima.of(shown),
            ),
            key="objective",
            alt=figure.describe(
                "Objective, data loss, penalty and test loss", history, "objective"
            ),
            height=380,
            frames=journeys.cursor(journey),
        )
    with two:
        figure.show(
            recipe(charts.accuracy, shown, history, theme=theme),
            key="accuracy",
            alt=figure.describe("Training and test accuracy", history, "test_accuracy"),
            height=380,
            frames=journeys.cursor(journey),
        )
    if run is not None:
        pictures.of_one(run, journey)
    distances.distance_and_steps(
        shown, history, run, outcome.optima, frames=journeys.cursor(journey)
    )
    with st.expander("Size of the gradient and of the weights"):
        figure.show(
            recipe(charts.gradient, shown, history, theme=theme),
            key="gradient",
            alt=figure.describe(
                "Norm of the gradient and of the weights", history, "gradient_norm"
            ),
            frames=journeys.cursor(journey),
        )
    conventions.panel(outcome.experiments)
    if run is not None:
        results.kept([run])


if experiment is None:
    results.no_experiment()
else:
    watching.watch([experiment], wanted=wanted, live=live, draw=draw, page="train")

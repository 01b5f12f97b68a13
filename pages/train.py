"""The Train page: one training run in detail."""

import streamlit as st

from lossopt_core import LOSSES, Experiment
from lossopt_ui.app import navigation
from lossopt_ui.charts import training as charts
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


def show_initial_loss(shown: Experiment) -> None:
    """Show what the initial loss must be and why; an assignment link can hide it."""
    if widgets.custom_widget("first_loss") is None:
        return
    formula, value = LOSSES[shown.loss].start_formula, f"{charts.loss_at_start(shown):.4g}"
    st.caption(
        "With zero weights all scores are equal, so the initial loss must be"
        f" ${f'{formula} = {value}' if formula else value}$."
    )


def draw(outcome: watching.Outcome) -> None:
    """Draw the curves and, after training, the weights and the misclassified examples."""
    [shown] = outcome.experiments
    history = outcome.histories.get(shown)
    if history is None:
        results.show_placeholder(outcome)
        return
    run = outcome.runs[0] if outcome.runs else None
    theme = figure.theme()
    results.key_figures(shown, history)
    results.parts(history)
    results.report_endings(outcome.runs)
    distances.show_certified_gaps({shown: ""}, {shown: history}, outcome.optima)
    player = playback.begin(outcome.runs)
    with st.container(horizontal=True, vertical_alignment="center"):
        log_y = widgets.setting("log_y")
        show_initial_loss(shown)
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
            frames=playback.cursor(player),
        )
    with two:
        figure.show(
            recipe(charts.accuracy, shown, history, theme=theme),
            key="accuracy",
            alt=figure.describe("Training and test accuracy", history, "test_accuracy"),
            height=380,
            frames=playback.cursor(player),
        )
    if run is not None:
        pictures.of_one(run, player)
    distances.distance_and_steps(
        shown, history, run, outcome.optima, frames=playback.cursor(player)
    )
    with st.expander("Gradient norm and weight norm"):
        figure.show(
            recipe(charts.gradient, shown, history, theme=theme),
            key="gradient",
            alt=figure.describe("Gradient norm and weight norm", history, "gradient_norm"),
            frames=playback.cursor(player),
        )
    conventions.panel(outcome.experiments)
    if run is not None:
        results.saved([run])


if experiment is None:
    results.no_experiment()
else:
    watching.watch([experiment], wanted=wanted, live=live, draw=draw, page="train")

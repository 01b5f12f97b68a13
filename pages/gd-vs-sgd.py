"""Full-batch gradient descent against minibatch SGD, at equal work."""

import streamlit as st

from lossopt_core import load_data
from lossopt_ui import controls, figure, names, navigation, results, training
from lossopt_ui.charts import comparison

navigation.begin("GD against SGD")
wanted, live = training.start()

with st.sidebar:
    batch_sizes = controls.setting("batch_sizes")
    chosen = controls.data() | controls.loss() | controls.regularizer()
    chosen |= controls.steps() | controls.run()
    full = controls.assemble(chosen | {"optimizer": "gd"})


def draw(outcome: training.Outcome) -> None:
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
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = controls.setting("work", width=280)
        log_x, log_y = controls.setting("log_x"), controls.setting("log_y")
    for place, column, title in zip(
        st.columns(2),
        ("objective", "test_accuracy"),
        ("Objective", "Test accuracy"),
        strict=True,
    ):
        with place:
            figure.show(
                comparison.overlay(
                    histories, colour, column=column, theme=theme, title=title, x=x,
                    log_x=log_x, log_y=log_y and column == "objective",
                ),
                key=column,
                alt=f"{title} of {', '.join(histories)} over {x.replace('_', ' ')}.",
                height=380,
            )  # fmt: skip
    if outcome.runs:
        data = load_data(outcome.runs[0].experiment)
        figure.show(
            comparison.weight_ways(outcome.runs, labels, hues, data.feature_names),
            key="ways",
            alt="The ways of GD and SGD through weight space, from the ring to the large dot.",
            height=460,
        )
        results.kept(outcome.runs)


if full is None:
    st.info("There is no training with these settings: see the message among them.")
else:
    training.watch(
        [full, *controls.minibatch_versions(full, batch_sizes)],
        wanted=wanted,
        live=live,
        draw=draw,
        page="gd-vs-sgd",
    )

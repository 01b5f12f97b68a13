"""The page Inside a run: every saved point of its training."""

import streamlit as st

from lossopt_core import Run
from lossopt_ui.app import navigation
from lossopt_ui.charts import training as charts
from lossopt_ui.charts.scales import log_suits
from lossopt_ui.experiment import pictures, playback
from lossopt_ui.figures import axis_bar, figure
from lossopt_ui.figures.recipes import recipe
from lossopt_ui.identity import missing_data, workspace
from lossopt_ui.inspect import examples, gradient
from lossopt_ui.inspect import run as inside
from lossopt_ui.state import pages, widgets

navigation.begin(pages.INSPECT)


def draw(run: Run) -> None:
    """Draw the slider, the charts that follow it, and details of the chosen point."""
    player = playback.begin([run], tick=inside.tick, on_change=inside.go_to)
    if player is None:
        return
    point = inside.Point(player, inside.tick(player.clock.paths[0]))
    theme = figure.theme()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        scales = axis_bar.show(suits_log=log_suits([run.history["objective"]]))
    cursor = player.cursor(scales.x)
    one, two = st.columns(2)
    with one:
        figure.show(
            recipe(
                charts.objective,
                run.experiment,
                run.history,
                None,
                theme=theme,
                scales=scales,
            ),
            key="objective",
            alt=figure.describe("Objective and its parts", run.history, "objective"),
            height=380,
            frames=cursor,
        )
    with two:
        figure.show(
            recipe(
                charts.accuracy,
                run.experiment,
                run.history,
                theme=theme,
                scales=scales.of_shares(),
            ),
            key="accuracy",
            alt=figure.describe("Accuracy", run.history, "train_accuracy"),
            height=380,
            frames=cursor,
        )
    pictures.side_by_side(run, player)
    st.subheader("At this point")
    chosen = widgets.setting("inside", label_visibility="collapsed")
    with missing_data.part("Examples and gradients"):
        match chosen:
            case "support":
                examples.active(point)
            case "gradient":
                gradient.check(point)
            case _:
                examples.in_order(point)


with workspace.store_errors_shown():
    chosen = inside.choose_run()
    if chosen is not None:
        draw(chosen)

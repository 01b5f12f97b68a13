"""Buttons, plots and numbers of the playground, redrawn at every tick while it plays."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS
from lossopt_core.playground.model import MAX_UPDATES, Model
from lossopt_ui.charts import playground as charts
from lossopt_ui.figures import figure
from lossopt_ui.identity import visitor
from lossopt_ui.jobs import render_gate
from lossopt_ui.playground import changes, plane, play, scrubber, tables
from lossopt_ui.playground.play import Play, Wanted
from lossopt_ui.playground.scrubber import Timeline
from lossopt_ui.state import widgets
from lossopt_ui.state.names import escape_markdown
from lossopt_ui.state.pages.playground import TICK

SIDES = ("left", "right")


def show(wanted: Wanted) -> None:
    """Show the models for these settings, and the controls to train them."""
    now = play.bring_up_to_date(wanted)
    st.fragment(_draw, run_every=TICK if now.playing else None)(now)


def _draw(now: Play) -> None:
    with render_gate.PAGES.turn(visitor.owner()):
        was_playing = now.playing
        play.tick(now)
        if now.stale or was_playing != now.playing:
            st.rerun()  # updates the sidebar, the address and the timer
        _buttons(now)
        _messages(now)
        timeline = Timeline.of(now)
        if len(now.models) == 1:
            _one(now, timeline)
        else:
            _two(now, timeline)
        _tables(now)
        play.note_label(now)


def _one(now: Play, timeline: Timeline) -> None:
    [model] = now.models
    scrubber.show(timeline)
    plot, numbers = st.columns([6, 5])
    with plot:
        plane.show(model, timeline, 0, key="plane-left")
        with st.container(horizontal=True):
            _undo(now)
        _legend(now.models)
    with numbers:
        _numbers(model)
        widgets.setting("log_y")
        _curves(timeline, 0, top=None)


def _two(now: Play, timeline: Timeline) -> None:
    finite = [trajectory.model.history["objective"] for trajectory in now.trajectories]
    with st.container(horizontal=True, vertical_alignment="center"):
        _undo(now)
        widgets.setting("log_y")
    scrubber.show(timeline)
    top = max(float(each[np.isfinite(each)].max()) for each in finite)
    for side, column in enumerate(st.columns(2)):
        model = now.models[side]
        with column:
            st.markdown(f"**{SIDES[side].capitalize()}: {_name(model)}**")
            plane.show(model, timeline, side, key=f"plane-{SIDES[side]}")
            _numbers(model)
            _curves(timeline, side, top=top)
    _legend(now.models)


def _undo(now: Play) -> None:
    st.button(
        "Undo", key="undo", icon=":material/undo:", on_click=changes.undo, disabled=not now.undo
    )
    st.button(
        "Redo", key="redo", icon=":material/redo:", on_click=changes.redo, disabled=not now.redo
    )


def _legend(models: Sequence[Model]) -> None:
    dashed = " Dashed: beyond this line a point of the class has zero loss."
    margins = any(hasattr(model.loss, "margin") for model in models)
    st.caption(
        "Solid: the score of the class is 0 on this line and increases along the arrow."
        f"{dashed if margins else ''} Deeper colour: the classifier is more confident."
    )


def _name(model: Model) -> str:
    names = model.experiment
    return ", ".join(
        (
            LOSSES[names.loss].label,
            f"penalty {REGULARIZERS[names.regularizer].label}",
            OPTIMIZERS[names.optimizer].label,
            f"features {model.feature_map.label}",
        )
    )


def _buttons(now: Play) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        playing = now.playing
        st.button(
            "Pause" if playing else "Play",
            key="play",
            type="primary",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            on_click=play.set_playing,
            args=(not playing,),
            disabled=now.over,
        )
        st.button("Step", key="step", on_click=play.advance, args=(1,), disabled=now.over)
        steps = widgets.value("steps")
        st.button(f"×{steps:,} steps", key="k_steps", on_click=_take_steps, disabled=now.over)
        widgets.setting("steps", width=100)
        widgets.setting("speed", width="content")
        widgets.setting("learning_rate", width=150)
        st.button("Reset", key="reset", icon=":material/replay:", on_click=play.reset)
        st.button(
            "New random start",
            key="new_start",
            icon=":material/casino:",
            on_click=play.new_random_start,
            disabled=playing,
        )


def _take_steps() -> None:
    play.advance(widgets.value("steps"))


def _messages(now: Play) -> None:
    if now.problem:
        st.error(escape_markdown(now.problem))
        now.problem = ""
    if any(model.diverged for model in now.models):
        st.warning(
            "Diverged: the objective grew without bound. Lower the learning rate, then press"
            " Reset.",
            icon=":material/trending_up:",
        )
    elif now.made >= MAX_UPDATES:
        st.info(f"Training stops after {MAX_UPDATES:,} updates. Press Reset to start again.")
    start = widgets.value("weights")
    if start and now.wanted is not None and not now.wanted.sides[0].start:
        st.info(
            "The weights set by hand do not fit these classes and features. Using random weights"
            " instead."
        )


def _numbers(model: Model) -> None:
    row = model.history.iloc[-1]
    accuracy = model.correct() / len(model.points.labels)
    with st.container(horizontal=True):
        st.metric("Updates", f"{model.made:,}")
        st.metric("Data loss", f"{row['data_loss']:.4f}")
        st.metric("Penalty", f"{row['penalty']:.4f}")
        st.metric("Objective", f"{row['objective']:.4f}")
        st.metric("Accuracy", f"{accuracy:.0%}")


def _curves(timeline: Timeline, side: int, *, top: float | None) -> None:
    """Show the objective over the updates, and the loss of each point."""
    model, theme = timeline.curve(side), figure.theme()
    history = model.history
    figure.show(
        charts.objective(model, theme=theme, log_y=widgets.value("log_y"), top=top),
        key=f"curve-{SIDES[side]}",
        alt=(
            f"Objective, data loss and penalty over {model.made} updates; the objective goes from"
            f" {history['objective'].iloc[0]:.4g} to {history['objective'].iloc[-1]:.4g}."
        ),
        height=270,
        frames=timeline.cursor(),
    )
    losses = timeline.losses(side)
    now = timeline.now.models[side]
    figure.show(
        charts.losses(now, losses, theme=theme),
        key=f"losses-{SIDES[side]}",
        alt=f"Loss of each of the {len(now.points.labels)} points, coloured by class.",
        height=200,
        frames=timeline.changes(losses),
    )


def _side_by_side(now: Play, draw: Callable[[Model, str, bool], None]) -> None:
    for side, model, column in zip(SIDES, now.models, st.columns(len(now.models)), strict=False):
        with column:
            draw(model, side, now.playing)


def _parameters(model: Model, side: str, playing: bool) -> None:
    tables.parameters(model, key=f"parameters-{side}", editable=side == "left" and not playing)


def _examples(model: Model, side: str, playing: bool) -> None:
    tables.examples(model, key=f"examples-{side}")


def _tables(now: Play) -> None:
    parameters, examples, points = st.tabs(
        ["Parameters and gradients", "Examples", "Edit points"],
        on_change="rerun",
        key="playground-part",
    )
    # Only the open tab is computed: ticks must be cheap.
    if parameters.open:
        with parameters:
            st.caption(
                "∂W is the gradient of the objective. Editing a weight restarts training from the"
                " edited weights. The penalty does not include b."
            )
            _side_by_side(now, _parameters)
    if examples.open:
        with examples:
            st.caption("A point is active if its loss has a nonzero gradient in the scores.")
            _side_by_side(now, _examples)
    if points.open:
        with points:
            st.caption("Edit, add or delete points here, as in the plot.")
            tables.points(now)

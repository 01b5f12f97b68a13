"""The playground's controls in the sidebar, and the models they configure."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS
from lossopt_core.experiment.description import parameter_names
from lossopt_core.playground.feature_maps import FEATURE_MAPS, MAP_FIELDS, feature_map
from lossopt_core.playground.model import read_weights
from lossopt_core.playground.points import POINT_SETS, Points
from lossopt_ui.experiment import form
from lossopt_ui.playground import changes, play
from lossopt_ui.playground.play import Side, Wanted
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import SAME


def wanted() -> Wanted:
    """Show the controls and return the selected configuration."""
    # Disabled while playing: a pending tick would restore the old values of these controls.
    playing = play.session().playing
    st.button(
        "Load the course demo",
        key="demo",
        icon=":material/school:",
        on_click=play.load_demo,
        disabled=playing,
    )
    points = _points()
    chosen = form.loss() | form.regularizer() | form.optimizer()
    map_settings = _features()
    with st.expander("Initial weights"):
        seed, scale = widgets.setting("seed"), widgets.setting("start_scale")
    chosen |= {"seed": seed, "init_scale": scale}
    left = _side(widgets.value("features"), map_settings | {"seed": seed}, chosen, points)
    sides = [left]
    if widgets.setting("two"):
        sides.append(_right(chosen, map_settings | {"seed": seed}, points))
    return Wanted(points.text, tuple(sides))


def _points() -> Points:
    entry = POINT_SETS[widgets.setting("points")]
    if entry.fixed:
        original = entry.points()
    else:
        count, noise = widgets.setting("point_count"), widgets.setting("point_noise")
        st.button("Resample points", key="other_points", on_click=play.resample_points)
        original = entry.points(count, noise, widgets.value("split_seed"))
    points = changes.edited(original)
    if points.text != original.text:
        st.button(
            "Restore original points",
            key="original",
            on_click=changes.change_points,
            args=(original,),
        )
    return points


def _features() -> dict[str, Any]:
    names = [widgets.setting("features")]
    st.markdown(f"${FEATURE_MAPS[names[0]].formula}$")
    if widgets.value("two") and widgets.value("right_features") != SAME:
        names.append(widgets.value("right_features"))
    used = set().union(*(parameter_names(FEATURE_MAPS[name]) for name in names))
    return {
        name: widgets.setting(name) if name in used else widgets.value(name) for name in MAP_FIELDS
    }


def _right(left: Mapping[str, Any], map_settings: Mapping[str, Any], points: Points) -> Side:
    """The second model: like the first, except for the settings chosen for it."""
    chosen = dict(left)
    for name in ("loss", "regularizer", "optimizer"):
        other = widgets.setting(f"right_{name}")
        if other != SAME:
            chosen[name] = other
    # Settings that the left model does not use have no control yet.
    for name in _parameters(chosen):
        if name not in left:
            chosen[name] = widgets.setting(name)
    features = widgets.setting("right_features")
    if features == SAME:
        features = widgets.value("features")
    return _side(features, map_settings, chosen, points)


def _parameters(chosen: Mapping[str, Any]) -> list[str]:
    """The settings that the chosen loss, regularizer and optimizer use."""
    rule = OPTIMIZERS[chosen["optimizer"]]
    entries = (LOSSES[chosen["loss"]], REGULARIZERS[chosen["regularizer"]], rule)
    names = sorted(set().union(*map(parameter_names, entries)))
    return names if rule.full_batch else [*names, "batch_size"]


def _side(
    features: str, map_settings: Mapping[str, Any], chosen: Mapping[str, Any], points: Points
) -> Side:
    mapped = feature_map(features, map_settings)
    start = widgets.value("weights")
    if start and read_weights(start).shape != (points.classes, len(mapped.names) + 1):
        start = ""
    return Side(mapped, tuple(sorted(chosen.items())), start)

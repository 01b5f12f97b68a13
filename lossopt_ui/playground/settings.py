"""The playground's controls in the sidebar, and the setups that they describe."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from lossopt_core import LOSSES, OPTIMIZERS, REGULARIZERS
from lossopt_core.experiment.description import parameter_names
from lossopt_core.playground.feature_maps import (
    FEATURE_MAPS,
    MAP_FIELDS,
    FeatureMap,
    feature_map,
)
from lossopt_core.playground.model import Setup, read_weights
from lossopt_core.playground.points import POINT_SETS, Points, split
from lossopt_ui.experiment import form
from lossopt_ui.playground import changes, play
from lossopt_ui.state import widgets
from lossopt_ui.state.pages.playground import CONTRAST, SAME


def wanted() -> tuple[Setup, ...]:
    """Show the controls and return the setup of each side."""
    points, tests = _points()
    widgets.setting("learning_rate")
    chosen = form.loss() | form.regularizer() | _optimizer(len(points.labels))
    map_settings = _features()
    with st.expander("Initial weights"):
        seed, scale = widgets.setting("seed"), widgets.setting("start_scale")
    chosen |= {
        "seed": seed,
        "init_scale": scale,
        "learning_rate": widgets.value("learning_rate"),
    }
    map_settings |= {"seed": seed, "picked": widgets.value("picked")}
    left = _setup(widgets.value("features"), map_settings, chosen, points, tests)
    if not widgets.setting("two"):
        return (left,)
    return left, _right(chosen, map_settings, points, tests)


def _points() -> tuple[Points, str]:
    """The points, and the test points as text."""
    entry = POINT_SETS[widgets.value("points")]
    if entry.fixed:
        original, tests = entry.points(), ""
    else:
        count, noise = widgets.setting("point_count"), widgets.setting("point_noise")
        share, seed = widgets.setting("test_points"), widgets.value("split_seed")
        st.button("Resample points", key="other_points", on_click=play.resample_points)
        original, held_out = split(entry.points(count, noise, seed), share, seed)
        tests = held_out.text if held_out else ""
    with st.container(horizontal=True):
        st.button(
            "Load the course demo", key="demo", icon=":material/school:", on_click=play.load_demo
        )
        points = changes.edited(original)
        if points.text != original.text:
            st.button(
                "Restore original points",
                key="original",
                on_click=changes.change_points,
                args=(original,),
            )
    return points, tests


def _optimizer(points: int) -> dict[str, Any]:
    chosen = form.optimizer()
    if chosen.get("batch_size", 0) > points and not widgets.hidden("batch_size"):
        st.caption(f"Each batch is all {points} points, as there are no more.")
    return chosen


def _features() -> dict[str, Any]:
    names = [widgets.setting("features")]
    st.markdown(f"${FEATURE_MAPS[names[0]].formula}$")
    if widgets.value("two") and widgets.value("right_features") != SAME:
        names.append(widgets.value("right_features"))
    used = set().union(*(parameter_names(FEATURE_MAPS[name]) for name in names))
    return {
        name: widgets.setting(name) if name in used else widgets.value(name) for name in MAP_FIELDS
    }


def _right(
    left: Mapping[str, Any], map_settings: Mapping[str, Any], points: Points, tests: str
) -> Setup:
    """The second model: like the first, except for the settings chosen for it."""
    chosen = dict(left)
    for name in ("loss", "regularizer", "optimizer"):
        other = widgets.setting(f"right_{name}")
        if other == CONTRAST:
            other = "cross_entropy" if left["loss"] == "hinge" else "hinge"
        if other != SAME:
            chosen[name] = other
    # Settings that the left model does not use have no control yet.
    for name in _parameters(chosen):
        if name not in left:
            chosen[name] = widgets.setting(name)
    features = widgets.setting("right_features")
    if features == SAME:
        features = widgets.value("features")
    return _setup(features, map_settings, chosen, points, tests)


def _parameters(chosen: Mapping[str, Any]) -> list[str]:
    """The settings that the chosen loss, regularizer and optimizer use."""
    rule = OPTIMIZERS[chosen["optimizer"]]
    entries = (LOSSES[chosen["loss"]], REGULARIZERS[chosen["regularizer"]], rule)
    names = sorted(set().union(*map(parameter_names, entries)))
    return names if rule.full_batch else [*names, "batch_size"]


def _setup(
    features: str,
    map_settings: Mapping[str, Any],
    chosen: Mapping[str, Any],
    points: Points,
    tests: str,
) -> Setup:
    mapped: FeatureMap = feature_map(features, map_settings)
    start = widgets.value("weights")
    if start and read_weights(start).shape != (points.classes, len(mapped.names) + 1):
        start = ""
    return Setup(points.text, mapped, tuple(sorted(chosen.items())), start, tests)

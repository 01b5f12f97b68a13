"""Shared by the cards of L1 and L2: weights under a penalty alone."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from lossopt_core.objective.linear import Array
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import CLASSES
from lossopt_ui.figures import figure
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

RATE = 0.1
STEPS = 60
NAMES = ("w₁", "w₂", "w₃", "w₄")


def show(penalty: str, shrink: Callable[[Array, float, float, int], Array]) -> Array:
    """Show the controls and the weights over the steps; returns the weights (steps + 1, 4)."""
    fields, results = st.columns([2, 3])
    with fields:
        [start] = np.array(widgets.setting("shrink_weights"))
        strength = widgets.setting("shrink_strength")
    path = shrink(start, RATE, strength, STEPS)
    theme = figure.theme()
    with results:
        figure.show(
            charts.lines(
                {
                    name: (np.arange(STEPS + 1), path[:, k], CLASSES[theme][k])
                    for k, name in enumerate(NAMES)
                },
                title=f"Four weights under {penalty} alone, α = {RATE:g}",
                x_title="Steps",
                y_title="Weight",
                theme=theme,
            ),
            key="card-shrinking",
            alt=f"The weights end at {', '.join(map(number, path[-1]))}.",
            height=380,
        )
    return path

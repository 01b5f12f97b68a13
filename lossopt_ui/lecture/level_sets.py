"""Level sets of a data loss and of a penalty, and where they touch."""

import numpy as np
import streamlit as st

from lossopt_core import REGULARIZERS
from lossopt_core.lecture import two_weights
from lossopt_core.lecture.two_weights import STRENGTHS
from lossopt_ui.charts import lecture as charts
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets

L1_RATIO = 0.5
FIRST, SECOND = np.linspace(-1.75, 2.25, 161), np.linspace(-1.75, 1.75, 141)
"""Ranges wide enough to show the whole level set of every penalty."""


@st.cache_data(max_entries=4, show_spinner=False)
def _path(penalty: str) -> np.ndarray:
    return two_weights.path(penalty, L1_RATIO)


@st.cache_data(show_spinner=False)
def _surface() -> np.ndarray:
    return two_weights.surface(FIRST, SECOND)


def draw() -> None:
    """Show the plane of two weights and the path of the optimum as the strength grows."""
    st.markdown(
        "With two weights everything can be drawn. The stronger the colour, the lower the data"
        " loss. The optimal weights lie where a level set of the penalty touches one of the loss,"
        " as the two lines do. The level set of L1 has corners on the axes, and at a corner one"
        " weight is exactly 0."
    )
    with st.container(horizontal=True):
        penalty = widgets.setting("plane_penalty", width=220)
        power = widgets.setting("plane_power", width=320)
    path = _path(penalty)
    at = int(np.abs(np.log10(STRENGTHS) - power).argmin())
    best = path[at]
    frame.formula(
        rf"w = ({number(best[0])},\; {number(best[1])}) \text{{ for }} \lambda ="
        rf" {number(STRENGTHS[at])}"
    )
    figure.show(
        charts.plane(
            FIRST,
            SECOND,
            _surface(),
            two_weights.penalty(penalty, L1_RATIO, FIRST, SECOND),
            path,
            at,
            loss_there=float(two_weights.surface(best[:1], best[1:])[0, 0]),
            penalty_there=float(two_weights.penalty(penalty, L1_RATIO, best[:1], best[1:])[0, 0]),
            title=f"Optimal weights, {REGULARIZERS[penalty].label}",
            theme=figure.theme(),
        ),
        key="card-plane",
        alt=f"The optimal weights are {number(best[0])} and {number(best[1])}; their path leads"
        " to zero as the strength grows.",
        height=460,
    )
    zeros = STRENGTHS[(np.abs(path) == 0).any(axis=1)]
    if len(zeros):
        st.markdown(f"From λ = **{number(zeros[0])}** on, a weight is exactly 0.")
    else:
        st.markdown("No weight is ever exactly 0: they only shrink.")
    with frame.question("Where does the path start, and where does it end?"):
        st.markdown(
            "It starts at the minimum of the data loss (no penalty) and ends at 0 (infinite"
            " penalty)."
        )

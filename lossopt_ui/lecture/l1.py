"""L1: every step takes the same amount of each weight."""

import streamlit as st

from lossopt_core.lecture.shrinking import under_l1
from lossopt_ui.lecture import frame, shrinking
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets


def draw() -> None:
    """Show the formula, the weights over the steps, and how many are zero."""
    st.markdown(
        "L1 adds λ times the sum of the absolute weights. Its pull is the same for large and small"
        " weights, so that small ones reach exactly zero, and stay there."
    )
    amount = shrinking.RATE * widgets.value("shrink_strength")
    frame.formula(
        r"R(W) = \sum_k |w_k| \qquad w \leftarrow \mathrm{sign}(w) \cdot \max(0,\; |w| -"
        rf" \alpha \lambda) \qquad \alpha \lambda = {number(amount)}"
    )
    path = shrinking.show("L1", under_l1)
    zeros = int((path[-1] == 0).sum() - (path[0] == 0).sum())
    st.markdown(f"Weights that became exactly zero: **{zeros}**.")
    with frame.question("What is the slope of |w| at zero?"):
        st.markdown(
            "There is none: left of zero it is −1, right of it +1. A plain gradient step would jump"
            " back and forth across zero. The step above stops there instead; it is called soft"
            " thresholding."
        )
    with frame.question("When does a weight stay at zero although there is data?"):
        st.markdown("If the data loss changes by less than λ per unit of the weight.")

"""L2: every step takes the same share of each weight."""

import streamlit as st

from lossopt_core.lecture.shrinking import under_l2
from lossopt_ui.lecture import frame, shrinking
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets


def draw() -> None:
    """Show the formula, the weights over the steps, and what is left of them."""
    st.markdown(
        "L2 adds λ times the sum of the squared weights. Its gradient is proportional to the"
        " weight: large weights are pulled strongly, small ones hardly at all."
    )
    strength = widgets.value("shrink_strength")
    share = 1.0 - 2.0 * shrinking.RATE * strength
    frame.formula(
        r"R(W) = \sum_k w_k^2 \qquad w \leftarrow w - \alpha \cdot 2 \lambda w ="
        rf" {number(share)} \cdot w"
    )
    path = shrinking.show("L2", under_l2)
    zeros = int((path[-1] == 0).sum() - (path[0] == 0).sum())
    st.markdown(f"Weights that became exactly zero: **{zeros}**.")
    with frame.question("Why does L2 spread the weights?"):
        st.markdown(
            "Two weights of ½ cost ½, one weight of 1 costs 1. If they give the same score, L2"
            " prefers to use both inputs a little."
        )
    with frame.question("Why is it also called weight decay?"):
        st.markdown(
            "Without data every weight decays by the same factor at each step, like a half-life."
        )

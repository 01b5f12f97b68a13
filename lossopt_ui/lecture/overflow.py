"""Overflow of exponentials in float64, and the shift that avoids it."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets


def draw() -> None:
    """Show the naive softmax next to the softmax of shifted scores."""
    st.markdown(
        "The largest float64 is about 10³⁰⁸, and exp(710) exceeds it. Subtracting the largest"
        " score from all scores changes no probability and keeps every exponential at most 1."
    )
    [scores] = np.array(widgets.setting("large"))
    shifted = scores - scores.max()
    with np.errstate(over="ignore", invalid="ignore"):
        naive = np.exp(scores) / np.exp(scores).sum()
        losses = LOSSES["cross_entropy"]().value(
            np.tile(scores[:, None], len(scores)), np.arange(len(scores))
        )
    frame.formula(
        r"\frac{e^{s_y}}{\sum_j e^{s_j}} = \frac{e^{s_y - \max s}}{\sum_j e^{s_j - \max s}}"
    )
    terms = " + ".join(f"e^{{{number(each)}}}" for each in shifted)
    frame.formula(rf"p_1 = \frac{{e^{{{number(shifted[0])}}}}}{{{terms}}}")
    frame.table(
        pd.DataFrame(
            {
                "score": map(number, scores),
                "naive softmax": map(number, naive),
                "shifted score": map(number, shifted),
                "shifted softmax": map(number, np.exp(shifted) / np.exp(shifted).sum()),
                "loss if correct class": map(number, losses),
            },
            index=[f"class {k + 1}" for k in range(len(scores))],
        )
    )
    frame.picture(
        {f"class {k + 1}": loss for k, loss in enumerate(losses)},
        title="Loss if this class is correct",
        y_title="Loss",
    )
    st.caption(
        "The loss is not computed from the probability, because the logarithm of 0 is infinite."
        " It is computed as ln Σ exp(s − max) − (s_y − max)."
    )

"""What exponentials of large scores do to float64, and the shift that mends it."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_ui.lecture import frame
from lossopt_ui.lecture.frame import number
from lossopt_ui.state import widgets


def draw() -> None:
    """The softmax as it is written, beside that of scores less their largest."""
    st.markdown(
        "A float64 ends near 10³⁰⁸, which exp(710) exceeds. Subtracting the largest score from all"
        " changes no probability, and every exponential is at most 1."
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
                "softmax as written": map(number, naive),
                "shifted score": map(number, shifted),
                "softmax, shifted": map(number, np.exp(shifted) / np.exp(shifted).sum()),
                "loss if this is the class": map(number, losses),
            },
            index=[f"class {k + 1}" for k in range(len(scores))],
        )
    )
    st.caption(
        "The loss does not pass through the probability, whose logarithm of 0 would be infinite:"
        " it is ln Σ exp(s − max) − (s_y − max)."
    )

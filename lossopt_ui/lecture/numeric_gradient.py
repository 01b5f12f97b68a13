"""Differences of the loss for a gradient, and how wrong they are."""

import numpy as np
import pandas as pd
import streamlit as st

from lossopt_core import LOSSES
from lossopt_core.lecture import numeric_gradient
from lossopt_ui.charts import lecture as charts
from lossopt_ui.charts.colours import LINES
from lossopt_ui.figures import figure
from lossopt_ui.lecture import frame, on_digits
from lossopt_ui.lecture.frame import number, tex
from lossopt_ui.state import widgets


@st.cache_data(max_entries=50, show_spinner=False)
def _errors(loss: str, epochs: int) -> pd.DataFrame:
    X, labels = on_digits.examples()
    return numeric_gradient.errors(LOSSES[loss](), on_digits.weights(loss, epochs), X, labels)


def draw() -> None:
    """The slide's differences, then the error against the step on digits."""
    st.markdown(
        "Add a small h to one weight, and see how the loss changes: that is the slope, nearly. It"
        " is slow and never exact, but it tells whether the calculus was right. The slide does not"
        " say what its loss is: only these differences can be made again."
    )
    fields, results = st.columns(2)
    with fields:
        [losses] = np.array(widgets.setting("slide"))
        step = widgets.setting("slide_step")
    slopes = numeric_gradient.differences(losses, step)
    with results:
        frame.aligned(
            [
                rf"\frac{{{tex(after)} - {tex(losses[0])}}}{{{tex(step)}}} &= {number(slope)}"
                for after, slope in zip(losses[1:], slopes, strict=True)
            ],
            apart=12,  # closer fractions touch
        )
        frame.table(
            pd.DataFrame([map(number, slopes)], columns=["dw₁", "dw₂", "dw₃"], index=["slope"])
        )
    st.subheader("How small should h be?", anchor=False)
    _, loss, epochs = on_digits.choose()
    found, theme = _errors(loss, epochs), figure.theme()
    figure.show(
        charts.lines(
            {
                "forward difference": (found["step"], found["forward"], LINES[theme][1]),
                "centred difference": (found["step"], found["centred"], LINES[theme][0]),
            },
            title="Error of the numeric gradient",
            x_title="Step h",
            y_title="Relative error",
            theme=theme,
            log_x=True,
            log_y=True,
        ),
        key="card-errors",
        alt="Relative error over the step, forward and centred.",
        height=380,
    )
    best = {name: found.loc[found[name].idxmin()] for name in ("forward", "centred")}
    st.markdown(
        f"The forward difference is best at h = {number(best['forward']['step'])}, with an error of"
        f" **{best['forward']['forward']:.1e}**; the centred one at h ="
        f" {number(best['centred']['step'])}, with **{best['centred']['centred']:.1e}**."
    )
    with frame.question("Why does the error grow again when h becomes tiny?"):
        st.markdown(
            "Two losses that agree in ten digits leave six of sixteen for their difference. What is"
            " lost is divided by h."
        )

"""Finite differences as an estimate of the gradient, and their error."""

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
    """Show the slide's finite differences, then error against step size on digits."""
    st.markdown(
        "Add a small h to one weight and see how the loss changes: that approximates the slope."
        " It is slow and never exact, but it checks whether an analytic gradient is correct. The"
        " slide does not give its loss function, so only these differences can be reproduced."
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
                "central difference": (found["step"], found["centred"], LINES[theme][0]),
            },
            title="Error of the numerical gradient",
            x_title="Step h",
            y_title="Relative error",
            theme=theme,
            log_x=True,
            log_y=True,
        ),
        key="card-errors",
        alt="Relative error over step h, for forward and central differences.",
        height=380,
    )
    best = {name: found.iloc[int(found[name].argmin())] for name in ("forward", "centred")}
    st.markdown(
        f"The forward difference is most accurate at h = {number(best['forward']['step'])}, with a"
        f" relative error of **{best['forward']['forward']:.1e}**; the central difference at h ="
        f" {number(best['centred']['step'])}, with **{best['centred']['centred']:.1e}**."
    )
    with frame.question("Why does the error grow again when h becomes tiny?"):
        st.markdown(
            "If two losses agree in ten digits, only six of the sixteen are left for their"
            " difference. Dividing by h magnifies the rounding error."
        )
